-- How users want pages to be. What is empty follows the browser. `language` is `en` or `ja`, `time_zone` an IANA name.
ALTER TABLE users ADD COLUMN language TEXT;
ALTER TABLE users ADD COLUMN time_zone TEXT;
