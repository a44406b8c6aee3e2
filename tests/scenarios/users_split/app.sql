CREATE TABLE users(id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, email TEXT NOT NULL, city TEXT);
INSERT INTO users VALUES
  (1, 'Ada Lovelace', 'ada@example.org', 'London'),
  (2, 'Grace Brewster Hopper', 'GRACE@example.org', NULL),
  (3, ' Edsger ', 'edsger@example.org', 'Rotterdam'),
  (5, 'Barbara Liskov', 'barbara@example.org', 'Boston'),
  (8, 'Tony Hoare', 'tony@example.org', NULL),
  (13, 'Frances Allen', 'fran@example.org', 'Peru'),
  (21, 'John Backus', 'john@example.org', 'Philadelphia');
