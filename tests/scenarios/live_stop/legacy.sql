CREATE TABLE guests(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, room INTEGER UNIQUE);
INSERT INTO guests VALUES
  (1, 'Ann',   'Ann@Example.org', 101),
  (2, 'Bob',   NULL,              102),
  (3, 'Cleo',  'cleo@example.org', NULL),
  (4, 'Dora',  NULL,              104),
  (5, 'Emil',  'emil@example.org', 105);
