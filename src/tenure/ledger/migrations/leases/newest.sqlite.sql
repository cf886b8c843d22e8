-- The leases of an empty store, as all revisions leave it. Written by tools/schema.
CREATE TABLE tenure_lease_schema (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT tenure_lease_schema_pkc PRIMARY KEY (version_num)
);

CREATE TABLE lease (
  address BLOB NOT NULL,
  subnet_id INTEGER NOT NULL,
  client BLOB,
  hardware BLOB NOT NULL,
  state SMALLINT NOT NULL,
  started_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  valid_lifetime BIGINT NOT NULL,
  heard_name TEXT NOT NULL,
  fqdn BLOB,
  dhcid BLOB,
  forward BOOLEAN NOT NULL,
  reverse BOOLEAN NOT NULL,
  reason TEXT NOT NULL,
  relay BLOB,
  correlation TEXT NOT NULL, kind SMALLINT DEFAULT 0 NOT NULL, iaid BIGINT DEFAULT 0 NOT NULL, prefix_length SMALLINT DEFAULT 0 NOT NULL, preferred_lifetime BIGINT DEFAULT 0 NOT NULL, circuit BLOB,
  PRIMARY KEY (address)
) WITHOUT ROWID;

CREATE INDEX lease_end ON lease (state, ends_at);

CREATE TABLE registration (
  name BLOB NOT NULL,
  address BLOB NOT NULL,
  dhcid BLOB NOT NULL,
  ttl BIGINT NOT NULL,
  until BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  wanted_at DOUBLE NOT NULL,
  cause TEXT NOT NULL,
  correlation TEXT NOT NULL,
  forward_state TEXT NOT NULL,
  forward_due_at DOUBLE,
  forward_attempts INTEGER NOT NULL,
  forward_reason TEXT NOT NULL,
  forward_detail TEXT NOT NULL,
  forward_changed_at DOUBLE NOT NULL,
  reverse_state TEXT NOT NULL,
  reverse_due_at DOUBLE,
  reverse_attempts INTEGER NOT NULL,
  reverse_reason TEXT NOT NULL,
  reverse_detail TEXT NOT NULL,
  reverse_changed_at DOUBLE NOT NULL,
  due_at DOUBLE GENERATED ALWAYS AS (case when forward_due_at is null or reverse_due_at < forward_due_at then reverse_due_at else forward_due_at end) STORED, wished_name BLOB, guest_suffix BLOB, conflict_mode TEXT,
  PRIMARY KEY (name, address, dhcid)
) WITHOUT ROWID;

CREATE INDEX registration_due ON registration (due_at, name, address, dhcid) WHERE due_at is not null;

CREATE INDEX registration_address ON registration (address);

CREATE TABLE event (
  id INTEGER NOT NULL,
  at DOUBLE NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  cause TEXT NOT NULL,
  correlation TEXT NOT NULL,
  address BLOB,
  name BLOB,
  client BLOB,
  hardware BLOB,
  detail TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE event_subject (
  subject BLOB NOT NULL,
  event_id BIGINT NOT NULL,
  PRIMARY KEY (subject, event_id)
) WITHOUT ROWID;

CREATE TABLE event_indexed (
  id INTEGER NOT NULL,
  last_id BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE tsig_secret (
  name BLOB NOT NULL,
  number INTEGER NOT NULL,
  algorithm BLOB NOT NULL,
  secret BLOB NOT NULL,
  from_at DOUBLE NOT NULL,
  until_at DOUBLE,
  PRIMARY KEY (name, number)
);

CREATE TABLE key_use (
  name BLOB NOT NULL,
  fingerprint TEXT NOT NULL,
  service TEXT NOT NULL,
  at DOUBLE NOT NULL,
  PRIMARY KEY (name, fingerprint, service)
);

CREATE UNIQUE INDEX lease_client ON lease (client, subnet_id, kind, iaid);

CREATE TABLE lease_secret (
  purpose TEXT NOT NULL,
  secret BLOB NOT NULL,
  PRIMARY KEY (purpose)
);

CREATE TABLE zone_trouble (
  zone BLOB NOT NULL,
  until_at DOUBLE NOT NULL,
  since_at DOUBLE NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL, asked_at DOUBLE DEFAULT 0 NOT NULL,
  PRIMARY KEY (zone)
);

CREATE TABLE device_tie (
  hardware BLOB NOT NULL,
  identity BLOB NOT NULL,
  learned TEXT NOT NULL,
  at DOUBLE NOT NULL,
  PRIMARY KEY (hardware, identity)
) WITHOUT ROWID;

CREATE INDEX device_tie_identity ON device_tie (identity);

CREATE TABLE heard_lease (
  address BLOB NOT NULL,
  source TEXT NOT NULL,
  name BLOB NOT NULL,
  dhcid BLOB NOT NULL,
  ttl BIGINT NOT NULL,
  forward BOOLEAN NOT NULL,
  reverse BOOLEAN NOT NULL,
  ends_at BIGINT,
  PRIMARY KEY (address, source)
) WITHOUT ROWID;

CREATE INDEX heard_lease_end ON heard_lease (source, ends_at);

CREATE INDEX registration_leaving_name ON registration (name) WHERE forward_state = 'removing';

CREATE INDEX registration_leaving_address ON registration (address) WHERE reverse_state = 'removing';

CREATE TABLE zone_reading (
  zone BLOB NOT NULL,
  read_at DOUBLE NOT NULL,
  server TEXT NOT NULL,
  serial BIGINT NOT NULL,
  clean BOOLEAN NOT NULL,
  PRIMARY KEY (zone)
);

CREATE TABLE locked_name (
  name BLOB NOT NULL,
  holder BLOB,
  at DOUBLE NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE standing_name (
  address BLOB NOT NULL,
  name BLOB NOT NULL,
  dhcid BLOB NOT NULL,
  ttl BIGINT NOT NULL,
  gives_way BOOLEAN NOT NULL,
  PRIMARY KEY (address)
) WITHOUT ROWID;

CREATE INDEX standing_name_name ON standing_name (name);

CREATE TABLE lease_block (block integer primary key, free integer not null);

CREATE INDEX lease_block_room on lease_block (block) where free <> 0;

CREATE INDEX lease_circuit ON lease (circuit, ends_at) WHERE length(circuit) > 0;

CREATE INDEX lease_hardware ON lease (hardware, subnet_id, ends_at) WHERE circuit is not null;

CREATE TABLE server_trouble (
  zone BLOB NOT NULL,
  server TEXT NOT NULL,
  since_at DOUBLE NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  asked_at DOUBLE NOT NULL,
  PRIMARY KEY (zone, server)
) WITHOUT ROWID;

CREATE TABLE source_trouble (
  source TEXT NOT NULL,
  code TEXT NOT NULL,
  since_at DOUBLE NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (source, code)
) WITHOUT ROWID;

INSERT INTO tenure_lease_schema (version_num) VALUES ('22');
