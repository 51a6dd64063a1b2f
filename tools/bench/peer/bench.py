#!/usr/bin/env python3
"""Benchmarks against any Kafka Connect REST endpoint (Java or a drop-in for it): same work, same measuring.
usage: bench.py BENCH --url http://127.0.0.1:20083 --boot 127.0.0.1:20092 [--pg 20032] [--n N] [--reps 3] [--label java] [--out results.jsonl] [--conv string|json|json-schema] [--pid PID]
BENCH: file-source  file-sink  pg-snapshot  pg-stream  jdbc-sink  pg-latency
The worker's pid is found from the port it listens on unless --pid is given; CPU and RSS are summed over that process and its descendants.
Each repetition appends one JSON line to --out and a median line is printed at the end."""
import argparse, json, os, sys, time, threading, urllib.request, urllib.error, urllib.parse, uuid, statistics
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
A = argparse.ArgumentParser(); A.add_argument('bench'); A.add_argument('--url', required=True); A.add_argument('--boot', default='127.0.0.1:20092'); A.add_argument('--pg', default='20032'); A.add_argument('--n', type=int); A.add_argument('--reps', type=int, default=3); A.add_argument('--label', default='java'); A.add_argument('--out', default=os.path.join(os.environ.get('DATA', '.'), 'results.jsonl')); A.add_argument('--conv', default='string'); A.add_argument('--pid', type=int); A.add_argument('--work', default=os.path.join(os.environ.get('DATA', '.'), 'bench')); A.add_argument('--tasks', default='1'); A.add_argument('--partitions', type=int, default=1); A.add_argument('--set', action='append', default=[], help='extra connector config key=value'); A.add_argument('--jdbc-sink', choices=['debezium', 'confluent'], default='debezium', help='whose class and keys the jdbc-sink benchmark posts: Debezium\'s (the Java peer) or Confluent\'s'); A.add_argument('--rate', type=int, default=100); A.add_argument('--seconds', type=int, default=60); A.add_argument('--topic', help='file-source, file-sink: the topic to write or read'); A.add_argument('--keep-topic', action='store_true', help='leaves that topic for the next run'); A.add_argument('--limit', type=int, default=540, help='seconds a repetition may take')
a = A.parse_args(); os.makedirs(a.work, exist_ok=True); a.work = os.path.abspath(a.work)
HZ = os.sysconf('SC_CLK_TCK'); PG = os.sysconf('SC_PAGE_SIZE')
def rest(m, p, b=None):
    rq = urllib.request.Request(a.url + p, method=m, data=None if b is None else json.dumps(b).encode(), headers={'Content-Type': 'application/json'})
    for i in range(40):
        try:
            with urllib.request.urlopen(rq, timeout=100) as r: t = r.read(); return r.status, json.loads(t) if t else None
        except urllib.error.HTTPError as e:
            t = e.read().decode()
            if e.code == 409 and 'exists' not in t: time.sleep(0.25); continue
            return e.code, t
    raise Exception('409 for too long')
def port_pid(port):
    ino = None
    for f in ('/proc/net/tcp', '/proc/net/tcp6'):
        for l in open(f).readlines()[1:]:
            x = l.split()
            if x[3] == '0A' and int(x[1].split(':')[1], 16) == port: ino = x[9]
    for p in filter(str.isdigit, os.listdir('/proc')):
        try:
            for fd in os.listdir('/proc/%s/fd' % p):
                try:
                    if os.readlink('/proc/%s/fd/%s' % (p, fd)) == 'socket:[%s]' % ino: return int(p)
                except OSError: pass
        except OSError: pass
    raise Exception('no process listens on %d' % port)
PID = a.pid or port_pid(urllib.parse.urlparse(a.url).port)
def tree():
    kids = {}
    for p in filter(str.isdigit, os.listdir('/proc')):
        try: s = open('/proc/%s/stat' % p).read(); pp = int(s[s.rindex(')') + 2:].split()[1]); kids.setdefault(pp, []).append(int(p))
        except OSError: pass
    out, st = [], [PID]
    while st: p = st.pop(); out.append(p); st += kids.get(p, [])
    return out
def cpu():
    t = 0
    for p in tree():
        try: s = open('/proc/%d/stat' % p).read(); f = s[s.rindex(')') + 2:].split(); t += int(f[11]) + int(f[12])
        except OSError: pass
    return t / HZ
def rss():
    t = 0
    for p in tree():
        try: t += int(open('/proc/%d/statm' % p).read().split()[1]) * PG
        except OSError: pass
    return t / 1048576
def host():
    f = list(map(int, open('/proc/stat').readline().split()[1:9])); return (sum(f) - f[3] - f[4]) / HZ, f[7] / HZ
class Meter:
    def __enter__(s):
        s.c0 = cpu(); s.h0 = host(); s.t0 = time.time(); s.peak = rss(); s.run = True
        s.th = threading.Thread(target=s.loop, daemon=True); s.th.start(); return s
    def loop(s):
        while s.run: s.peak = max(s.peak, rss()); time.sleep(0.25)
    def __exit__(s, *x):
        s.run = False; s.t1 = time.time(); s.cpu = cpu() - s.c0; h = host(); s.hostcpu = h[0] - s.h0[0]; s.steal = h[1] - s.h0[1]; s.th.join()
ad = AdminClient({'bootstrap.servers': a.boot})
wc = Consumer({'bootstrap.servers': a.boot, 'group.id': 'bench-wm', 'enable.auto.commit': False})
def mktopic(t, parts=1):
    for f in ad.create_topics([NewTopic(t, parts, 1)]).values(): f.result(30)
def deltopic(*ts):
    for f in ad.delete_topics(list(ts)).values():
        try: f.result(30)
        except Exception as e: 'UNKNOWN_TOPIC' in str(e) or print('  delete topic:', e)
def hw(t, parts=1):
    n = 0
    for p in range(parts):
        try: n += wc.get_watermark_offsets(TopicPartition(t, p), timeout=5)[1]
        except Exception: pass
    return n
def wait_hw(t, n, parts=1, base=0):
    """returns (time first record seen, time n-th record seen)"""
    first = None; end = time.time() + a.limit; last = 0
    while time.time() < end:
        h = hw(t, parts) - base
        if h > 0 and first is None: first = time.time()
        if h >= n: return first, time.time(), h
        time.sleep(0.02)
    return first, time.time(), hw(t, parts) - base
STR = 'org.apache.kafka.connect.storage.StringConverter'; JS = 'org.apache.kafka.connect.json.JsonConverter'
def conv(c): return {'key.converter': STR, 'value.converter': STR} if c == 'string' else {'key.converter': JS, 'value.converter': JS, 'key.converter.schemas.enable': str(c == 'json-schema').lower(), 'value.converter.schemas.enable': str(c == 'json-schema').lower()}
EXTRA = dict(s.split('=', 1) for s in a.set)
def create(name, cfg):
    s, b = rest('POST', '/connectors', {'name': name, 'config': {**cfg, **EXTRA}})
    if s != 201: raise Exception('create: %s %s' % (s, b))
def status(name):
    s, b = rest('GET', '/connectors/%s/status' % name)
    if s == 200:
        for x in [b['connector']] + b['tasks']:
            if x['state'] == 'FAILED': raise Exception(x.get('trace', '')[:2000])
    return b
def drop(name):
    rest('DELETE', '/connectors/' + name)
    for i in range(100):
        if rest('GET', '/connectors/%s/status' % name)[0] == 404: return
        time.sleep(0.1)
def mklines(n):
    f = '%s/lines-%d.txt' % (a.work, n)
    if not os.path.exists(f) or os.path.getsize(f) != n * 100:
        with open(f, 'w', buffering=1 << 20) as o:
            for i in range(n): o.write('%012d the quick brown fox jumps over the lazy dog 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ abcd\n' % i)
        assert os.path.getsize(f) == n * 100, os.path.getsize(f)
    return f
def emit(r, m, n, t_first, t_end):
    r.update(label=a.label, bench=a.bench, conv=a.conv if a.bench.startswith('file') else ('json-schema' if 'jdbc' in a.bench else 'json'), n=n, seconds_total=round(t_end - m.t0, 3), seconds_first=round((t_first or t_end) - m.t0, 3), rate_total=round(n / (t_end - m.t0)), rate_steady=round(n / max(0.001, t_end - (t_first or m.t0))), cpu_s=round(m.cpu, 2), cpu_us_per_rec=round(m.cpu / n * 1e6, 2), peak_rss_mb=round(m.peak), host_cpu_s=round(m.hostcpu, 1), steal_s=round(m.steal, 1), load=os.getloadavg()[0], when=time.strftime('%H:%M:%S'))
    open(a.out, 'a').write(json.dumps(r) + '\n'); print(json.dumps(r), flush=True); return r
def b_file_source(i):
    n = a.n or 5_000_000; f = mklines(n); u = a.topic or 'bfs-%s-%s' % (a.label, uuid.uuid4().hex[:8]); mktopic(u, a.partitions)
    try:
        with Meter() as m:
            create(u, {'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector', 'tasks.max': '1', 'file': f, 'topic': u, **conv(a.conv)})
            t1, t2, h = wait_hw(u, n, a.partitions)
        status(u); return emit({'got': h}, m, n, t1, t2)
    finally:
        drop(u)
        if not a.keep_topic: deltopic(u)
def fill(u, n):
    """the records a file-source run would have written, produced straight to the topic"""
    p = Producer({'bootstrap.servers': a.boot, 'linger.ms': 20, 'batch.num.messages': 10000, 'queue.buffering.max.messages': 500000, 'compression.type': 'none'})
    tail = b' the quick brown fox jumps over the lazy dog 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ abcd'
    pre, post = {'string': (b'', b''), 'json': (b'"', b'"'), 'json-schema': (b'{"schema":{"type":"string","optional":false},"payload":"', b'"}')}[a.conv]
    for i in range(n):
        v = pre + b'%012d' % i + tail + post
        while True:
            try: p.produce(u, v, partition=i % a.partitions); break
            except BufferError: p.poll(0.1)
        if i % 20000 == 0: p.poll(0)
    p.flush()
def b_file_sink(i):
    n = a.n or 5_000_000; u = a.topic or 'bfk-%s-%s' % (a.label, a.conv)
    if i == 0:
        if hw(u, a.partitions) != n:
            try: deltopic(u); time.sleep(1)
            except Exception: pass
            mktopic(u, a.partitions); fill(u, n)
    c = '%s-%s' % (u, uuid.uuid4().hex[:8]); f = '%s/%s.out' % (a.work, c)
    try:
        with Meter() as m:
            create(c, {'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector', 'tasks.max': a.tasks, 'file': f, 'topics': u, **conv(a.conv)})
            first = None; end = time.time() + a.limit
            while time.time() < end:
                s = os.path.getsize(f) if os.path.exists(f) else 0
                if s and not first: first = time.time()
                if s >= n * 100: break
                time.sleep(0.02)
            t2 = time.time()
        status(c); r = emit({'got': s // 100}, m, n, first, t2)
    finally:
        drop(c)
        if os.path.exists(f): os.remove(f)
        if i == a.reps - 1 and not a.keep_topic: deltopic(u)
    return r
def pgc(db='postgres'):
    import psycopg2
    c = psycopg2.connect(host='127.0.0.1', port=a.pg, user='postgres', dbname=db); c.autocommit = True; return c.cursor()
def accounts(n):
    q = pgc(); q.execute("select 1 from pg_database where datname='bench'")
    if not q.fetchone(): q.execute('create database bench')
    q = pgc('bench'); q.execute('select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active and database=\'bench\'')
    q.execute("select to_regclass('accounts')")
    if q.fetchone()[0] is None or (q.execute('select count(*) from accounts'), q.fetchone()[0])[1] != n:
        q.execute('drop table if exists accounts'); q.execute('create table accounts (aid int primary key, bid int, abalance int, filler char(84))'); q.execute("insert into accounts select i, 1, 0, '' from generate_series(1,%d) i" % n); q.execute('vacuum analyze accounts'); q.execute('checkpoint')
    return q
def dbz(u, **k): return {'connector.class': 'io.debezium.connector.postgresql.PostgresConnector', 'tasks.max': '1', 'database.hostname': '127.0.0.1', 'database.port': a.pg, 'database.user': 'postgres', 'database.password': 'x', 'database.dbname': 'bench', 'plugin.name': 'pgoutput', 'topic.prefix': u, 'slot.name': u, 'publication.name': u, 'publication.autocreate.mode': 'filtered', 'slot.drop.on.stop': 'true', 'table.include.list': 'public.accounts', **conv('json'), **k}
def cleanup_pg(q, u):
    for i in range(50):
        try:
            q.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name='%s'" % u); break
        except Exception: time.sleep(0.2)
    q.execute('drop publication if exists ' + u)
def b_pg_snapshot(i):
    n = a.n or 1_000_000; q = accounts(n); u = 'bps' + uuid.uuid4().hex[:8]; t = u + '.public.accounts'; mktopic(t)
    try:
        with Meter() as m:
            create(u, dbz(u, **{'snapshot.mode': 'initial_only' if False else 'initial'})); t1, t2, h = wait_hw(t, n)
        status(u); return emit({'got': h}, m, n, t1, t2)
    finally: drop(u); time.sleep(1); deltopic(t); cleanup_pg(q, u)
def wait_active(q, u, t=60):
    e = time.time() + t
    while time.time() < e:
        q.execute("select active from pg_replication_slots where slot_name='%s'" % u); x = q.fetchone()
        if x and x[0]: return
        time.sleep(0.1)
    raise Exception('slot not active')
def b_pg_stream(i):
    n = a.n or 500_000; q = accounts(1_000_000); u = 'bpt' + uuid.uuid4().hex[:8]; t = u + '.public.accounts'; mktopic(t)
    try:
        create(u, dbz(u, **{'snapshot.mode': 'no_data'})); wait_active(q, u); time.sleep(3)
        s0 = time.time(); q.execute('begin; update accounts set abalance=abalance+1 where aid<=%d' % n); s1 = time.time()
        with Meter() as m:
            q.execute('commit'); t1, t2, h = wait_hw(t, n)
        status(u); r = emit({'got': h, 'update_s': round(s1 - s0, 2)}, m, n, t1, t2)
    finally: drop(u); time.sleep(1); deltopic(t); cleanup_pg(q, u); q.execute('vacuum accounts')
    return r
def b_jdbc_sink(i):
    n = a.n or 500_000; q = accounts(1_000_000); u = 'bjs_%s' % a.label
    if i == 0 and hw(u, a.partitions) != n:
        try: deltopic(u); time.sleep(1)
        except Exception: pass
        mktopic(u, a.partitions); p = Producer({'bootstrap.servers': a.boot, 'linger.ms': 20, 'queue.buffering.max.messages': 500000})
        S = {'type': 'struct', 'optional': False, 'name': 'v', 'fields': [{'field': 'id', 'type': 'int32', 'optional': False}, {'field': 'name', 'type': 'string', 'optional': True}, {'field': 'amount', 'type': 'double', 'optional': True}, {'field': 'ok', 'type': 'boolean', 'optional': True}, {'field': 'ts', 'type': 'int64', 'optional': True, 'name': 'org.apache.kafka.connect.data.Timestamp', 'version': 1}]}
        sj = json.dumps(S, separators=(',', ':'))
        for k in range(n):
            v = '{"schema":%s,"payload":{"id":%d,"name":"name-%d","amount":%.2f,"ok":%s,"ts":%d}}' % (sj, k, k, k / 7, 'true' if k % 2 else 'false', 1700000000000 + k)
            while True:
                try: p.produce(u, v.encode(), partition=k % a.partitions); break
                except BufferError: p.poll(0.1)
            if k % 20000 == 0: p.poll(0)
        p.flush()
    tb = 'sink_' + uuid.uuid4().hex[:8]; q.execute('create table %s (id int primary key, name text, amount float8, ok bool, ts timestamp)' % tb)
    c = 'bjs-' + uuid.uuid4().hex[:8]
    try:
        with Meter() as m:
            common = {'tasks.max': a.tasks, 'topics': u, 'connection.url': 'jdbc:postgresql://127.0.0.1:%s/bench' % a.pg, 'connection.password': 'x', 'insert.mode': 'upsert', **conv('json-schema')}
            own = {'debezium': {'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector', 'connection.username': 'postgres', 'primary.key.mode': 'record_value', 'primary.key.fields': 'id', 'schema.evolution': 'none', 'collection.name.format': tb},
                   'confluent': {'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector', 'connection.user': 'postgres', 'pk.mode': 'record_value', 'pk.fields': 'id', 'auto.create': 'false', 'auto.evolve': 'false', 'table.name.format': tb}}[a.jdbc_sink]
            create(c, {**common, **own})
            first = None; end = time.time() + a.limit; g = 0
            while time.time() < end:
                q.execute('select max(id) from %s' % tb); g = q.fetchone()[0] or 0   # index look-up, cheap
                if g and first is None: first = time.time()
                if g >= n - 1:
                    q.execute('select count(*) from %s' % tb); g = q.fetchone()[0]
                    if g >= n: break
                time.sleep(0.05)
            t2 = time.time()
        status(c); r = emit({'got': g}, m, n, first, t2)
    finally:
        drop(c); q.execute('drop table if exists ' + tb)
        if i == a.reps - 1: deltopic(u)
    return r
def b_pg_latency(i):
    q = accounts(1_000_000); q.execute('set synchronous_commit=on')  # a walsender only sends flushed WAL: with it off, up to 600 ms of wal_writer_delay would be measured
    q.execute('drop table if exists lat'); q.execute('create table lat (id int primary key, v text)'); u = 'bpl' + uuid.uuid4().hex[:8]; t = u + '.public.lat'; mktopic(t)
    try:
        create(u, dbz(u, **{'snapshot.mode': 'no_data', 'table.include.list': 'public.lat'})); wait_active(q, u); time.sleep(3)
        n = a.rate * a.seconds; sent = {}; got = {}
        c = Consumer({'bootstrap.servers': a.boot, 'group.id': u, 'auto.offset.reset': 'earliest', 'enable.auto.commit': False, 'fetch.wait.max.ms': 5, 'fetch.min.bytes': 1}); c.assign([TopicPartition(t, 0, 0)]); c.poll(1)
        stop = time.time() + a.seconds + 60
        def rd():
            while len(got) < n and time.time() < stop:
                for m in c.consume(500, 0.05):
                    if not m.error() and m.value():
                        now = time.time(); v = json.loads(m.value()); got[v['after']['id']] = now
        th = threading.Thread(target=rd); th.start(); t0 = time.time() + 0.2
        with Meter() as m:
            for k in range(n):
                d = t0 + k / a.rate - time.time()
                if d > 0: time.sleep(d)
                q.execute("insert into lat values (%d, 'x')" % k); sent[k] = time.time()
            th.join(); t2 = time.time()
        l = sorted((got[k] - sent[k]) * 1000 for k in got if k >= a.rate * 5)
        status(u); r = emit({'got': len(got), 'p50_ms': round(l[len(l) // 2], 1), 'p90_ms': round(l[int(len(l) * .9)], 1), 'p99_ms': round(l[int(len(l) * .99)], 1), 'max_ms': round(l[-1], 1)}, m, n, None, t2); c.close()
    finally: drop(u); time.sleep(1); deltopic(t); cleanup_pg(q, u)
    return r
f = {'file-source': b_file_source, 'file-sink': b_file_sink, 'pg-snapshot': b_pg_snapshot, 'pg-stream': b_pg_stream, 'jdbc-sink': b_jdbc_sink, 'pg-latency': b_pg_latency}[a.bench]
rs = [f(i) for i in range(a.reps)]
med = {k: statistics.median(r[k] for r in rs) for k in rs[0] if isinstance(rs[0][k], (int, float))}
print('MEDIAN', a.label, a.bench, a.conv, json.dumps({k: round(v, 2) for k, v in med.items()}))
