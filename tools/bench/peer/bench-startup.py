#!/usr/bin/env python3
"""bench-startup.py --cmd 'shell command that starts the worker in the background and writes its pid' --pidfile F --url U [--reps 3] [--idle 15] [--label java-distributed]
time from running the command until GET / answers 200 (polled every 10 ms), CPU s used until then, RSS --idle s later; then SIGTERM and the time to exit."""
import argparse, subprocess, time, urllib.request, os, signal, json, statistics
A = argparse.ArgumentParser(); A.add_argument('--cmd', required=True); A.add_argument('--pidfile', required=True); A.add_argument('--url', required=True); A.add_argument('--reps', type=int, default=3); A.add_argument('--idle', type=float, default=15); A.add_argument('--label', default='java'); A.add_argument('--out', default=os.path.join(os.environ.get('DATA', '.'), 'results-startup.jsonl')); a = A.parse_args()
HZ = os.sysconf('SC_CLK_TCK'); PGS = os.sysconf('SC_PAGE_SIZE')
def tree(pid):
    kids = {}
    for p in filter(str.isdigit, os.listdir('/proc')):
        try: s = open('/proc/%s/stat' % p).read(); kids.setdefault(int(s[s.rindex(')') + 2:].split()[1]), []).append(int(p))
        except OSError: pass
    o, st = [], [pid]
    while st: p = st.pop(); o.append(p); st += kids.get(p, [])
    return o
def cpu(pid):
    t = 0
    for p in tree(pid):
        try: s = open('/proc/%d/stat' % p).read(); f = s[s.rindex(')') + 2:].split(); t += int(f[11]) + int(f[12])
        except OSError: pass
    return t / HZ
def host(): f = list(map(int, open('/proc/stat').readline().split()[1:9])); return (sum(f) - f[3] - f[4]) / HZ
rs = []
for i in range(a.reps):
    if os.path.exists(a.pidfile): os.remove(a.pidfile)
    h0 = host(); t0 = time.time(); subprocess.run(a.cmd, shell=True, stdout=subprocess.DEVNULL)
    while True:
        try:
            if urllib.request.urlopen(a.url + '/', timeout=5).status == 200: break
        except Exception: pass
        if time.time() - t0 > 180: raise SystemExit('not up in 180 s')
        time.sleep(0.01)
    t1 = time.time(); pid = int(open(a.pidfile).read()); c = cpu(pid); h = host() - h0
    th = None
    while th is None and time.time() - t0 < 180:
        try:
            if urllib.request.urlopen(a.url + '/health', timeout=5).status == 200: th = time.time()
        except Exception: time.sleep(0.01)
    time.sleep(a.idle); r = sum(int(open('/proc/%d/statm' % p).read().split()[1]) for p in tree(pid)) * PGS / 1048576
    t2 = time.time(); os.kill(pid, signal.SIGTERM)
    while os.path.exists('/proc/%d' % pid) and open('/proc/%d/stat' % pid).read().split()[2] != 'Z': time.sleep(0.01)
    x = {'label': a.label, 'up_s': round(t1 - t0, 2), 'health_s': round(th - t0, 2) if th else None, 'cpu_s': round(c, 2), 'idle_rss_mb': round(r), 'stop_s': round(time.time() - t2, 2), 'other_cpu_s': round(h - c, 1)}
    rs.append(x); print(json.dumps(x), flush=True); open(a.out, 'a').write(json.dumps(x) + '\n'); time.sleep(2)
print('MEDIAN', a.label, {k: round(statistics.median(x[k] for x in rs), 2) for k in rs[0] if k != 'label'})
