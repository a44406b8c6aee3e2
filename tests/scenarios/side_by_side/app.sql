CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO items VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four');
