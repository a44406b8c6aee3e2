CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace Brewster Hopper'), (3, 'Edsger');
