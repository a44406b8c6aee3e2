#!/usr/bin/env bash
# Makes the users table that the copies are measured on.  make.sh FILE.db ROWS
set -euo pipefail
file=${1:?file}; rows=${2:?rows}
rm -f "$file" "$file-wal" "$file-shm"
sqlite3 "$file" <<SQL
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT, full_name TEXT, created_at_ms INTEGER, updated_at TEXT,
                   verified INTEGER, balance NUMERIC, profile TEXT);
INSERT INTO users
WITH RECURSIVE n(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM n WHERE g < $rows)
SELECT g, 'user' || g || '@' || CASE g % 3 WHEN 0 THEN 'example.com' WHEN 1 THEN 'mail.test' ELSE 'people.org' END,
       upper(substr('abcdefghijklmnopqrstuvwxyz', 1 + g % 26, 1)) || printf('%06x', g * 7919 % 16777216) || ' ' ||
         printf('%09x', g * 104729 % 68719476736),
       1500000000000 + g * 137, strftime('%Y-%m-%dT%H:%M:%S', 1577836800 + g * 31 % 100000000, 'unixepoch') ||
         printf('.%06dZ', g % 1000000),
       CASE WHEN g % 11 = 0 THEN NULL ELSE g % 3 = 0 END, printf('%d.%02d', g * 7919 % 1000000, g % 100) + 0,
       printf('{"plan":"%s","tags":["t%d","t%d"],"n":%d,"bio":"%032x"}',
              CASE g % 3 WHEN 0 THEN 'free' WHEN 1 THEN 'pro' ELSE 'team' END, g % 17, g % 23, g % 1000, g * 3)
FROM n;
PRAGMA wal_checkpoint(TRUNCATE);
SQL
