"""Reads an Avro message of a topic with Confluent's own deserializer and writes one with its serializer.

Arguments: registry URL, topic, message in hex. Prints JSON: {"read": ..., "written": hex}.
"""
import datetime
import decimal
import json
import sys

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

url, topic, message = sys.argv[1:]
registry = SchemaRegistryClient({"url": url})
context = SerializationContext(topic, MessageField.VALUE)


def plain(value):
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    raise TypeError(type(value))


def big(value):
    """JSON of other programs loses digits beyond 2^53."""
    if isinstance(value, dict):
        return {key: big(item) for key, item in value.items()}
    if isinstance(value, list):
        return [big(item) for item in value]
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


read = AvroDeserializer(registry)(bytes.fromhex(message), context)

schema = {
    "type": "record",
    "name": "com.example.Foreign",
    "fields": [
        {"name": "min", "type": "long"},
        {"name": "max", "type": "long"},
        {"name": "text", "type": ["null", "string"], "default": None},
        {"name": "list", "type": {"type": "array", "items": ["null", "double"]}},
        {"name": "map", "type": {"type": "map", "values": "bytes"}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 4}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "micros", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    ],
}
at = datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, datetime.timezone.utc)
value = {
    "min": -(2**63),
    "max": 2**63 - 1,
    "text": "ünïcödé \U0001f600",
    "list": [1.5, None, -0.0],
    "map": {"": b"\x00\xff"},
    "kind": "B",
    "price": decimal.Decimal("-9999999999999999999999999999999999.9999"),
    "day": datetime.date(1582, 10, 15),
    "at": at,
    "micros": at,
}
written = AvroSerializer(registry, json.dumps(schema))(value, SerializationContext(topic + "-2", MessageField.VALUE))
print(json.dumps({"read": big(read), "written": written.hex()}, default=plain))
