-- The zones of an empty store, as all revisions leave it. Written by tools/schema.
CREATE TABLE asked_name (
  zone_id INTEGER NOT NULL,
  name_key BYTEA NOT NULL,
  at BIGINT NOT NULL,
  CONSTRAINT asked_name_pkey PRIMARY KEY (zone_id, name_key)
);

CREATE INDEX asked_name_at ON asked_name (at);

CREATE TABLE journal (
  id BIGSERIAL NOT NULL,
  zone_id INTEGER NOT NULL,
  from_serial BIGINT NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  change BYTEA NOT NULL,
  CONSTRAINT journal_pkey PRIMARY KEY (id)
);

CREATE INDEX journal_serial ON journal (zone_id, from_serial);

CREATE TABLE name_owner (
  zone_id INTEGER NOT NULL,
  name_key BYTEA NOT NULL,
  owner TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  wrote_at BIGINT NOT NULL,
  CONSTRAINT name_owner_pkey PRIMARY KEY (zone_id, name_key)
);

CREATE INDEX name_owner_owner ON name_owner (zone_id, owner);

CREATE TABLE record (
  zone_id INTEGER NOT NULL,
  name_key BYTEA NOT NULL,
  rtype INTEGER NOT NULL,
  rdata BYTEA NOT NULL,
  long_rdata BYTEA,
  ttl BIGINT NOT NULL,
  origin TEXT NOT NULL,
  stamp BIGINT NOT NULL,
  ends_at BIGINT,
  CONSTRAINT record_pkey PRIMARY KEY (zone_id, name_key, rtype, rdata)
);

CREATE INDEX record_end ON record (ends_at) WHERE (ends_at IS NOT NULL);

CREATE TABLE scavenged (
  id BIGSERIAL NOT NULL,
  zone_id INTEGER NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  correlation TEXT NOT NULL,
  name_key BYTEA NOT NULL,
  rtype INTEGER NOT NULL,
  rdata BYTEA NOT NULL,
  ttl BIGINT NOT NULL,
  origin TEXT NOT NULL,
  stamp BIGINT NOT NULL,
  ends_at BIGINT,
  owner TEXT,
  owner_since_at BIGINT,
  owner_wrote_at BIGINT,
  CONSTRAINT scavenged_pkey PRIMARY KEY (id)
);

CREATE INDEX scavenged_at ON scavenged (at);

CREATE INDEX scavenged_name ON scavenged (zone_id, name_key);

CREATE TABLE secondary_zone (
  zone_id INTEGER NOT NULL,
  server TEXT NOT NULL,
  refreshed_at DOUBLE PRECISION,
  expires_at DOUBLE PRECISION,
  next_at DOUBLE PRECISION NOT NULL,
  failures INTEGER NOT NULL,
  error TEXT NOT NULL,
  notified_at DOUBLE PRECISION NOT NULL,
  CONSTRAINT secondary_zone_pkey PRIMARY KEY (zone_id)
);

CREATE TABLE server_secret (
  purpose TEXT NOT NULL,
  secret BYTEA NOT NULL,
  CONSTRAINT server_secret_pkey PRIMARY KEY (purpose)
);

CREATE TABLE tenure_zone_schema (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT tenure_zone_schema_pkc PRIMARY KEY (version_num)
);

CREATE TABLE zone (
  id SERIAL NOT NULL,
  name BYTEA NOT NULL,
  soa_ttl BIGINT NOT NULL,
  soa_rdata BYTEA NOT NULL,
  view TEXT NOT NULL,
  has_owners BOOLEAN DEFAULT false NOT NULL,
  CONSTRAINT zone_pkey PRIMARY KEY (id),
  CONSTRAINT zone_name_view UNIQUE (name, view)
);

CREATE TABLE zone_aging (
  zone_id INTEGER NOT NULL,
  since_at DOUBLE PRECISION NOT NULL,
  seen_at DOUBLE PRECISION NOT NULL,
  no_refresh BIGINT NOT NULL,
  refresh BIGINT NOT NULL,
  passed_at DOUBLE PRECISION,
  CONSTRAINT zone_aging_pkey PRIMARY KEY (zone_id)
);

CREATE TABLE zone_event (
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
  CONSTRAINT zone_event_pkey PRIMARY KEY (id)
);

CREATE TABLE zone_event_indexed (
  id SERIAL NOT NULL,
  last_id BIGINT NOT NULL,
  CONSTRAINT zone_event_indexed_pkey PRIMARY KEY (id)
);

CREATE TABLE zone_event_subject (
  subject BYTEA NOT NULL,
  event_id BIGINT NOT NULL,
  CONSTRAINT zone_event_subject_pkey PRIMARY KEY (subject, event_id)
);

INSERT INTO tenure_zone_schema (version_num) VALUES ('10');
