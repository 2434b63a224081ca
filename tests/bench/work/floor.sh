# The work of playbook.yml as one shell script; bench puts values in front and the bodies of the files behind.
set -e
umask 022
mkdir -p "$base" && cd "$base"
mkdir -p conf conf/sites data data/cache log bin spool
chmod 0750 conf/sites log && chmod 0700 data/cache spool
body motd >conf/motd
body app.conf >conf/app.conf && chmod 0640 conf/app.conf
body words >data/words
body start.sh >bin/start.sh && chmod 0755 bin/start.sh
body stop.sh >bin/stop.sh && chmod 0755 bin/stop.sh
echo 'release 1.4.2' >conf/release
echo blue >conf/colour
echo on >conf/enabled
site() {
    printf '# %s of %s\nserver {\nlisten 8080;\nroot %s/data/%s;\n' "$1" "$host_name" "$base" "$1"
    printf 'location /images { limit 20; }\nlocation /api { limit 5; }\nlocation /static { limit 100; }\n'
    [ "$1" = admin ] || printf 'tls on;\n'
    printf '}\n'
}
site shop >conf/sites/shop.conf
site blog >conf/sites/blog.conf
site wiki >conf/sites/wiki.conf
printf 'HOST=%s\nBASE=%s\nPORT=8080\nPLACES=images,api,static\n' "$host_name" "$base" >conf/env && chmod 0600 conf/env
printf '5 * * * * %s/bin/start.sh images\n10 * * * * %s/bin/start.sh api\n15 * * * * %s/bin/start.sh static\n' "$base" "$base" "$base" >conf/cron
site admin >conf/sites/admin.conf
sed -i 's/^workers =.*/workers = 8/' conf/app.conf
sed -i 's/^debug =.*/debug = no/' conf/app.conf
sed -i 's/^level =.*/level = warning/' conf/app.conf
grep -qxF 'cache = data/cache' conf/app.conf || echo 'cache = data/cache' >>conf/app.conf
grep -qxF 'spool = spool' conf/app.conf || echo 'spool = spool' >>conf/app.conf
sed -i '/^option_07 =/d' conf/app.conf
cp -p data/words data/words.orig
ln -sfn words data/current
sort -r -o data/words data/words
touch log/app.log
chmod 0600 log/app.log
split -l 1000 data/words data/cache/part.
stat conf/app.conf conf/env data/words data/current log/app.log bin/start.sh >/dev/null
