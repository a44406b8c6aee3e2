CREATE TABLE users(id INTEGER PRIMARY KEY, mail TEXT);
INSERT INTO users VALUES (1, 'ada@example.org');
