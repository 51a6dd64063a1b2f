#!/bin/bash
# Downloads the Java peer: Kafka Connect 4.3.1 with its plugins from Maven Central, and a Python
# environment for the benchmark scripts. What is there already is only checked.
#
# Environment: ROOT = where all of it goes; M2 = a local Maven repository to use.
set -e
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=${ROOT:-$HOME/.cache/millrace-peer}
M2=${M2:-$ROOT/m2}
KAFKA=${KAFKA:-4.3.1}
DBZ=${DBZ:-3.7.0.Final}
DBZ_JDBC=${DBZ_JDBC:-3.6.0.Final}
MONGO=${MONGO:-2.0.1}

peer=$ROOT/peer
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.6.1
maven() { mvn -q -B -Dmaven.repo.local="$M2" "$@"; }
copy() { maven $plugin:copy -Dartifact="$1" -DoutputDirectory="$2" -Dmdep.stripVersion=false; }
unpack() { tar xzf "$peer/tars/$1" -C "$peer/plugins/$2" --strip-components=1; }

mkdir -p "$peer"/libs "$peer"/tars "$peer"/plugins/{file,debezium-postgres,debezium-jdbc,mongo}

echo "Kafka Connect $KAFKA"
maven -f "$here/pom/pom.xml" -Dkafka.version="$KAFKA" $plugin:copy-dependencies \
  -DoutputDirectory="$peer/libs" -DincludeScope=runtime

echo "plugins: file, Debezium, MongoDB"
copy "org.apache.kafka:connect-file:$KAFKA:jar" "$peer/plugins/file"
copy "io.debezium:debezium-connector-postgres:$DBZ:tar.gz:plugin" "$peer/tars"
copy "io.debezium:debezium-connector-jdbc:$DBZ_JDBC:tar.gz:plugin" "$peer/tars"
unpack "debezium-connector-postgres-$DBZ-plugin.tar.gz" debezium-postgres
unpack "debezium-connector-jdbc-$DBZ_JDBC-plugin.tar.gz" debezium-jdbc
copy "org.mongodb.kafka:mongo-kafka-connect:$MONGO:jar:all" "$peer/plugins/mongo"

echo "Python environment: confluent-kafka, psycopg2"
[ -x "$ROOT/venv/bin/python" ] || python3 -m venv "$ROOT/venv"
"$ROOT/venv/bin/pip" -q install confluent-kafka psycopg2-binary
