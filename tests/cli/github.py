#!/usr/bin/env python3
"""As much of GitHub's comments as the action asks for, on loopback.  github.py PORT_FILE STATE_FILE
The state is written after each request; it begins with a page of other people's comments."""
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

comments = [{"id": i, "body": f"comment {i}"} for i in range(1, 121)]


class Comments(BaseHTTPRequestHandler):
    def answer(self, code, document):
        text = json.dumps(document).encode()
        with open(sys.argv[2], "w") as state:
            json.dump(comments, state)
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def allowed(self):
        if self.headers["Authorization"] == "Bearer secret-token":
            return True
        self.answer(401, {"message": "Bad credentials"})
        return False

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def do_GET(self):
        url = urlparse(self.path)
        query = parse_qs(url.query)
        if not self.allowed():
            return
        assert url.path == "/repos/shop/data/issues/7/comments", self.path
        size, page = int(query["per_page"][0]), int(query["page"][0])
        self.answer(200, comments[(page - 1) * size:page * size])

    def do_POST(self):
        text = self.body()
        if not self.allowed():
            return
        assert self.path == "/repos/shop/data/issues/7/comments", self.path
        comments.append({"id": len(comments) + 1, "body": text})
        self.answer(201, comments[-1])

    def do_PATCH(self):
        text = self.body()
        if not self.allowed():
            return
        one = next(one for one in comments if self.path == f"/repos/shop/data/issues/comments/{one['id']}")
        one["body"] = text
        self.answer(200, one)

    def log_message(self, *arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Comments)
with open(sys.argv[1] + ".new", "w") as port:
    port.write(str(server.server_port))
import os
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
