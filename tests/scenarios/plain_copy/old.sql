CREATE TABLE items(sku TEXT PRIMARY KEY, name TEXT, cents INTEGER, added TEXT, weight REAL);
INSERT INTO items VALUES
  ('a1', 'apple', 10, '2026-01-02', 0.5), ('a2', 'apricot', 20, NULL, 2), ('a3', 'almond', 30, '2026-02-03', NULL),
  ('b1', 'banana', 2147483648, '2026-01-02', 1.5), ('b2', 'bread', 50, 'yesterday', 1), ('b3', 'butter', 60, NULL, NULL),
  ('c1', 'carrot', 70, '2026-01-02', 1e3), ('c2', 'carrot', 80, NULL, NULL), ('c3', 'a name far too long', 90, NULL, NULL),
  ('d1', 'dates', 1, '2026-01-02', 0), ('d2', 'dill', 2, NULL, NULL), ('e1', 'egg', 3, NULL, 9007199254740991);
