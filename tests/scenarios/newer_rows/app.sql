CREATE TABLE prices(sku TEXT PRIMARY KEY, cents INTEGER NOT NULL, changed INTEGER NOT NULL);
INSERT INTO prices VALUES ('a', 100, 5), ('b', 200, 5), ('c', 300, 5), ('d', 400, 5);
CREATE TABLE prices_new(sku TEXT PRIMARY KEY, cents INTEGER NOT NULL, changed INTEGER NOT NULL);
INSERT INTO prices_new VALUES ('b', 222, 9), ('c', 333, 1), ('d', 444, 5), ('z', 1, 1);
