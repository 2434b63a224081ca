"""The work of playbook.yml for pyinfra."""
from pyinfra import host
from pyinfra.operations import files, server

base = host.data.base
common = {
    "base": base,
    "host_name": host.name,
    "port": 8080,
    "places": [{"path": "images", "limit": 20}, {"path": "api", "limit": 5}, {"path": "static", "limit": 100}],
}

for path, mode in [("", "755"), ("/conf", "755"), ("/conf/sites", "750"), ("/data", "755"), ("/data/cache", "700"),
                   ("/log", "750"), ("/bin", "755"), ("/spool", "700")]:
    files.directory(path=base + path, mode=mode)
for source, path, mode in [("motd", "conf/motd", "644"), ("app.conf", "conf/app.conf", "640"), ("words", "data/words", "644"),
                           ("start.sh", "bin/start.sh", "755"), ("stop.sh", "bin/stop.sh", "755")]:
    files.put(src="files/" + source, dest=f"{base}/{path}", mode=mode)
for text, path in [("release 1.4.2", "conf/release"), ("blue", "conf/colour"), ("on", "conf/enabled")]:
    server.shell(commands=[f"echo '{text}' >{base}/{path} && chmod 0644 {base}/{path}"])
for site in ["shop", "blog", "wiki"]:
    files.template(src="templates/site.j2", dest=f"{base}/conf/sites/{site}.conf", mode="644",
                   site_name=site, secure=True, **common)
files.template(src="templates/env.j2", dest=f"{base}/conf/env", mode="600", **common)
files.template(src="templates/cron.j2", dest=f"{base}/conf/cron", mode="644", **common)
files.template(src="templates/site.j2", dest=f"{base}/conf/sites/admin.conf", mode="644", site_name="admin", secure=False, **common)
for line, replace in [("^workers =.*", "workers = 8"), ("^debug =.*", "debug = no"), ("^level =.*", "level = warning")]:
    files.line(path=f"{base}/conf/app.conf", line=line, replace=replace)
files.line(path=f"{base}/conf/app.conf", line="cache = data/cache")
files.line(path=f"{base}/conf/app.conf", line="spool = spool")
files.line(path=f"{base}/conf/app.conf", line="^option_07 =.*", present=False)
for command in ["cp -p data/words data/words.orig", "ln -sfn words data/current", "sort -r -o data/words data/words",
                "touch log/app.log", "chmod 0600 log/app.log", "split -l 1000 data/words data/cache/part."]:
    server.shell(commands=[f"cd {base} && {command}"])
for path in ["conf/app.conf", "conf/env", "data/words", "data/current", "log/app.log", "bin/start.sh"]:
    server.shell(commands=[f"stat {base}/{path}"])
