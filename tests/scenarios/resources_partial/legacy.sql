CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL) STRICT;
CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER NOT NULL) STRICT;
INSERT INTO users VALUES (1, 'ada@example.org'), (2, 'bob@example.org'), (3, 'cy@example.org');
INSERT INTO orders VALUES (10, 100), (11, 250), (12, 5);
