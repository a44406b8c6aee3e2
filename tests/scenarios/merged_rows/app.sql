CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT NOT NULL, zip TEXT, note TEXT);
INSERT INTO users VALUES (1, 'a@new', '10', 'n'), (2, 'b@new', NULL, 'n'), (3, 'c@new', '30', 'n'), (4, 'd@new', '40', 'n');
CREATE TABLE users_new(id INTEGER PRIMARY KEY, email TEXT NOT NULL, zip TEXT, note TEXT);
INSERT INTO users_new VALUES (1, 'a@old', '11', 'mine'), (2, 'b@old', '22', 'mine'), (4, 'd@new', '40', 'mine'), (9, 'z@old', '99', 'mine');
