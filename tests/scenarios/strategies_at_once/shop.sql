CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT NOT NULL, cents INTEGER NOT NULL, note TEXT);
INSERT INTO orders VALUES (1, 'Ada', 1200, NULL), (2, 'Grace', 80, 'gift'), (3, 'ada', 9999999999, NULL),
                          (4, 'Linus', 0, ''), (9, 'Ada', 5, 'last');
CREATE TABLE sales(id INTEGER PRIMARY KEY, customer TEXT NOT NULL, cents INTEGER NOT NULL, note TEXT);
