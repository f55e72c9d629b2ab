-- With which token a token was made; NULL: by the shell. So whose hands a request comes from can be told.
ALTER TABLE token ADD COLUMN made_with text;
