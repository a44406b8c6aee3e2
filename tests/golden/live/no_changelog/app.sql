CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE UNIQUE INDEX one_name ON users(lower(name));
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace');
