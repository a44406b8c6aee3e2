CREATE TABLE guests(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT);
INSERT INTO guests(id, name, email) VALUES
  (1, 'Ann',   'ann@example.org'),
  (2, 'Bob',   NULL),
  (3, 'Cleo',  'cleo@example.org'),
  (4, 'Dora',  NULL);
