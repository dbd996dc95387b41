-- The two roles, as the tests make them: an owner who migrates, and the application's, which owns nothing and cannot get round
-- row-level security. The application logs in with a login of its own and starts every connection in the application's role.
-- Run by a superuser in the database that will be used; safe to repeat:
--   psql -v ON_ERROR_STOP=1 -v owner_password=... -v app_password=... -f roles.sql
select 'create role reskontro_app nologin nosuperuser nobypassrls nocreatedb nocreaterole'
 where not exists (select from pg_roles where rolname = 'reskontro_app') \gexec

-- owns the schema; used by `reskontro migrate` alone (MIGRATIONS_DATABASE_URL)
select 'create role reskontro_owner login nosuperuser nobypassrls nocreatedb nocreaterole'
 where not exists (select from pg_roles where rolname = 'reskontro_owner') \gexec
alter role reskontro_owner password :'owner_password';
grant reskontro_app to reskontro_owner;

-- web, worker and clock log in as this (DATABASE_URL); all it can do is what the application's role may
select 'create role reskontro_login login nosuperuser nobypassrls nocreatedb nocreaterole noinherit'
 where not exists (select from pg_roles where rolname = 'reskontro_login') \gexec
alter role reskontro_login password :'app_password';
grant reskontro_app to reskontro_login;

select format('alter database %I owner to reskontro_owner', current_database()) \gexec
alter schema public owner to reskontro_owner;
revoke create on schema public from public;
