-- The agent of an empty store, as all revisions leave it. Written by tools/schema.
CREATE TABLE tenure_agent_schema (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT tenure_agent_schema_pkc PRIMARY KEY (version_num)
);

CREATE TABLE agent_name (
  owner BLOB NOT NULL,
  direction TEXT NOT NULL,
  name BLOB NOT NULL,
  at BLOB NOT NULL,
  "conflict" TEXT NOT NULL,
  zone BLOB NOT NULL,
  server TEXT NOT NULL,
  port INTEGER NOT NULL,
  confirmed TEXT NOT NULL,
  written TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at DOUBLE NOT NULL,
  changed_at DOUBLE NOT NULL,
  verified_at DOUBLE,
  PRIMARY KEY (owner)
) WITHOUT ROWID;

CREATE TABLE agent_pass (
  id INTEGER NOT NULL,
  at DOUBLE NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE agent_promise (
  address BLOB NOT NULL,
  interface TEXT NOT NULL,
  s INTEGER,
  n INTEGER,
  name BLOB,
  is_silent INTEGER NOT NULL,
  heard_at DOUBLE NOT NULL,
  until_at DOUBLE,
  PRIMARY KEY (address)
) WITHOUT ROWID;

CREATE TABLE agent_lease (
  interface TEXT NOT NULL,
  family INTEGER NOT NULL,
  address BLOB NOT NULL,
  prefix_length INTEGER NOT NULL,
  server BLOB NOT NULL,
  told TEXT NOT NULL,
  seconds INTEGER NOT NULL,
  preferred_seconds INTEGER NOT NULL,
  bound_at DOUBLE NOT NULL,
  renew_at DOUBLE,
  rebind_at DOUBLE,
  until_at DOUBLE,
  PRIMARY KEY (interface, family)
) WITHOUT ROWID;

INSERT INTO tenure_agent_schema (version_num) VALUES ('3');
