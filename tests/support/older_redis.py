#!/usr/bin/env python3
"""Lets a real Redis look like an older one, by the format of DUMP and RESTORE alone.

    older_redis.py LISTEN-SOCKET SERVER-SOCKET

What the server dumps bears the format before its own, and what is restored in its own format it
refuses, as an older server does. Everything else passes as it is. Prints `ready`, and ends with its
standard input.
"""
import os
import socket
import sys
import threading

OWN, OLDER, UNKNOWN = b"\x0a\x00", b"\x09\x00", b"\xff\x00"


def relay(source, target, instead):
    """Passes RESP on; texts that end as a payload of the server's own format get another one."""
    stream = source.makefile("rb")
    while line := stream.readline():
        if line[:1] == b"$" and int(line[1:]) >= 0:
            text = stream.read(int(line[1:]) + 2)
            if len(text) > 12 and text[-12:-10] == OWN:
                text = text[:-12] + instead + text[-10:]
            line += text
        target.sendall(line)
    target.shutdown(socket.SHUT_WR)


def serve(client, server):
    threading.Thread(target=relay, args=(client, server, UNKNOWN), daemon=True).start()
    try:
        relay(server, client, OLDER)
    except OSError:
        pass  # the client is gone


def accept(listener, server_path):
    while True:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(server_path)
        threading.Thread(target=serve, args=(client, server), daemon=True).start()


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    os.chmod(sys.argv[1], 0o777)
    listener.listen()
    threading.Thread(target=accept, args=(listener, sys.argv[2]), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


main()
