-- The leases of an empty store, as all revisions leave it. Written by tools/schema.
CREATE TABLE device_tie (
  hardware BYTEA NOT NULL,
  identity BYTEA NOT NULL,
  learned TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  CONSTRAINT device_tie_pkey PRIMARY KEY (hardware, identity)
);

CREATE INDEX device_tie_identity ON device_tie (identity);

CREATE TABLE event (
  id BIGSERIAL NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  cause TEXT NOT NULL,
  correlation TEXT NOT NULL,
  address BYTEA,
  name BYTEA,
  client BYTEA,
  hardware BYTEA,
  detail TEXT NOT NULL,
  CONSTRAINT event_pkey PRIMARY KEY (id)
);

CREATE TABLE event_indexed (
  id SERIAL NOT NULL,
  last_id BIGINT NOT NULL,
  CONSTRAINT event_indexed_pkey PRIMARY KEY (id)
);

CREATE TABLE event_subject (
  subject BYTEA NOT NULL,
  event_id BIGINT NOT NULL,
  CONSTRAINT event_subject_pkey PRIMARY KEY (subject, event_id)
);

CREATE TABLE heard_lease (
  address BYTEA NOT NULL,
  source TEXT NOT NULL,
  name BYTEA NOT NULL,
  dhcid BYTEA NOT NULL,
  ttl BIGINT NOT NULL,
  forward BOOLEAN NOT NULL,
  reverse BOOLEAN NOT NULL,
  ends_at BIGINT,
  CONSTRAINT heard_lease_pkey PRIMARY KEY (address, source)
);

CREATE INDEX heard_lease_end ON heard_lease (source, ends_at);

CREATE TABLE key_use (
  name BYTEA NOT NULL,
  fingerprint TEXT NOT NULL,
  service TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  CONSTRAINT key_use_pkey PRIMARY KEY (name, fingerprint, service)
);

CREATE TABLE lease (
  address BYTEA NOT NULL,
  subnet_id INTEGER NOT NULL,
  client BYTEA,
  hardware BYTEA NOT NULL,
  state SMALLINT NOT NULL,
  started_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  valid_lifetime BIGINT NOT NULL,
  heard_name TEXT NOT NULL,
  fqdn BYTEA,
  dhcid BYTEA,
  forward BOOLEAN NOT NULL,
  reverse BOOLEAN NOT NULL,
  reason TEXT NOT NULL,
  relay BYTEA,
  correlation TEXT NOT NULL,
  kind SMALLINT DEFAULT 0 NOT NULL,
  iaid BIGINT DEFAULT 0 NOT NULL,
  prefix_length SMALLINT DEFAULT 0 NOT NULL,
  preferred_lifetime BIGINT DEFAULT 0 NOT NULL,
  circuit BYTEA,
  CONSTRAINT lease_pkey PRIMARY KEY (address)
);

CREATE INDEX lease_circuit ON lease (circuit, ends_at) WHERE (length(circuit) > 0);

CREATE UNIQUE INDEX lease_client ON lease (client, subnet_id, kind, iaid);

CREATE INDEX lease_end ON lease (state, ends_at);

CREATE INDEX lease_hardware ON lease (hardware, subnet_id, ends_at) WHERE (circuit IS NOT NULL);

CREATE TABLE lease_secret (
  purpose TEXT NOT NULL,
  secret BYTEA NOT NULL,
  CONSTRAINT lease_secret_pkey PRIMARY KEY (purpose)
);

CREATE TABLE locked_name (
  name BYTEA NOT NULL,
  holder BYTEA,
  at DOUBLE PRECISION NOT NULL,
  actor TEXT NOT NULL,
  CONSTRAINT locked_name_pkey PRIMARY KEY (name)
);

CREATE TABLE registration (
  name BYTEA NOT NULL,
  address BYTEA NOT NULL,
  dhcid BYTEA NOT NULL,
  ttl BIGINT NOT NULL,
  until BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  wanted_at DOUBLE PRECISION NOT NULL,
  cause TEXT NOT NULL,
  correlation TEXT NOT NULL,
  forward_state TEXT NOT NULL,
  forward_due_at DOUBLE PRECISION,
  forward_attempts INTEGER NOT NULL,
  forward_reason TEXT NOT NULL,
  forward_detail TEXT NOT NULL,
  forward_changed_at DOUBLE PRECISION NOT NULL,
  reverse_state TEXT NOT NULL,
  reverse_due_at DOUBLE PRECISION,
  reverse_attempts INTEGER NOT NULL,
  reverse_reason TEXT NOT NULL,
  reverse_detail TEXT NOT NULL,
  reverse_changed_at DOUBLE PRECISION NOT NULL,
  due_at DOUBLE PRECISION GENERATED ALWAYS AS (
CASE
    WHEN ((forward_due_at IS NULL) OR (reverse_due_at < forward_due_at)) THEN reverse_due_at
    ELSE forward_due_at
END) STORED,
  wished_name BYTEA,
  guest_suffix BYTEA,
  conflict_mode TEXT,
  CONSTRAINT registration_pkey PRIMARY KEY (name, address, dhcid)
);

CREATE INDEX registration_address ON registration (address);

CREATE INDEX registration_due ON registration (due_at, name, address, dhcid) WHERE (due_at IS NOT NULL);

CREATE INDEX registration_leaving_address ON registration (address) WHERE (reverse_state = 'removing'::text);

CREATE INDEX registration_leaving_name ON registration (name) WHERE (forward_state = 'removing'::text);

CREATE TABLE server_trouble (
  zone BYTEA NOT NULL,
  server TEXT NOT NULL,
  since_at DOUBLE PRECISION NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  asked_at DOUBLE PRECISION NOT NULL,
  CONSTRAINT server_trouble_pkey PRIMARY KEY (zone, server)
);

CREATE TABLE source_trouble (
  source TEXT NOT NULL,
  code TEXT NOT NULL,
  since_at DOUBLE PRECISION NOT NULL,
  text TEXT NOT NULL,
  CONSTRAINT source_trouble_pkey PRIMARY KEY (source, code)
);

CREATE TABLE standing_name (
  address BYTEA NOT NULL,
  name BYTEA NOT NULL,
  dhcid BYTEA NOT NULL,
  ttl BIGINT NOT NULL,
  gives_way BOOLEAN NOT NULL,
  CONSTRAINT standing_name_pkey PRIMARY KEY (address)
);

CREATE INDEX standing_name_name ON standing_name (name);

CREATE TABLE tenure_lease_schema (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT tenure_lease_schema_pkc PRIMARY KEY (version_num)
);

CREATE TABLE tsig_secret (
  name BYTEA NOT NULL,
  number INTEGER NOT NULL,
  algorithm BYTEA NOT NULL,
  secret BYTEA NOT NULL,
  from_at DOUBLE PRECISION NOT NULL,
  until_at DOUBLE PRECISION,
  CONSTRAINT tsig_secret_pkey PRIMARY KEY (name, number)
);

CREATE TABLE zone_reading (
  zone BYTEA NOT NULL,
  read_at DOUBLE PRECISION NOT NULL,
  server TEXT NOT NULL,
  serial BIGINT NOT NULL,
  clean BOOLEAN NOT NULL,
  CONSTRAINT zone_reading_pkey PRIMARY KEY (zone)
);

CREATE TABLE zone_trouble (
  zone BYTEA NOT NULL,
  until_at DOUBLE PRECISION NOT NULL,
  since_at DOUBLE PRECISION NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  asked_at DOUBLE PRECISION DEFAULT 0 NOT NULL,
  CONSTRAINT zone_trouble_pkey PRIMARY KEY (zone)
);

INSERT INTO tenure_lease_schema (version_num) VALUES ('22');
