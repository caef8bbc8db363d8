#!/shells/busybox sh
# shellcheck shell=dash disable=SC2016 # awk programs are in single quotes on purpose
# Stands in for every program that overlay_init calls. Writes the call with all its arguments to /log/calls, fails when
# its turn comes (/log/fail-at), and otherwise does to the model of the mount table what the real program does to the kernel.
name=${0##*/}
# What overlay_init waits for in the background is no part of the boot: it ends with PID 1.
[ "$name" != sleep ] || [ "$1" -lt 10 ] || exec /shells/busybox sleep "$1"
# The programs of a pipe run at the same time, and each is a call of its own.
until mkdir /log/counting 2>/log/waited; do :; done
count=0
[ ! -e /log/count ] || read -r count </log/count
count=$((count + 1))
echo "$count" >/log/count
{
  printf '%s' "$name"
  for word; do printf '\001%s' "$word"; done
  printf '\002'
} >>/log/calls
rmdir /log/counting
read -r fail_at </log/fail-at
if [ "$count" = "$fail_at" ]; then
  echo "$name: the shim was told to fail" >&2
  exit 1
fi

bb=/shells/busybox
last() {
  for word; do :; done
  echo "$word"
}

# The model: one mount a line, as the kernel shows it. It is seen at /proc/mounts once proc is mounted.
table=/log/proc/mounts
# What is in /proc goes where it is moved.
move() {
  $bb awk -v from="$1" -v to="$2" '{
    if ($2 == from || index($2, from "/") == 1) $2 = to substr($2, length(from) + 1)
    print
  }' $table >/log/mounts.new && $bb cp /log/mounts.new $table
  case $1 in */proc) $bb mkdir -p "$2" && $bb mv "$1"/* "$2" ;; esac
}
case $name in
  mount)
    case $* in
      "-n -a -T "*)
        while read -r from to _; do
          move "$from" "$to"
        done <"$4"
        exit "${code:-0}"
        ;;
    esac
    options=
    type=none
    while [ $# -gt 2 ]; do
      case $1 in
        -t)
          type=$2
          shift
          ;;
        -o)
          options=$2
          shift
          ;;
      esac
      shift
    done
    [ "$type" != proc ] || $bb ln -s /log/proc/* /proc/
    case $options in
      move) move "$1" "$2" ;;
      rw* | ro*) echo "$1 $2 $type $options 0 0" >>$table ;;
      *) echo "$1 $2 $type rw,$options 0 0" >>$table ;;
    esac
    ;;
  umount)
    $bb awk -v target="$1" '{ line[NR] = $0; if ($2 == target) gone = NR }
      END { if (!gone) exit 1; for (i = 1; i <= NR; i++) if (i != gone) print line[i] }' $table >/log/mounts.new ||
      {
        echo "umount: $1: not mounted" >&2
        exit 1
      }
    $bb cp /log/mounts.new $table
    ;;
  pivot_root)
    # Called as `pivot_root . OLD` from inside the new root.
    $bb awk -v new="$($bb pwd)" -v old="/$2" '{
      if ($2 == new) $2 = "/"
      else if (index($2, new "/") == 1) $2 = substr($2, length(new) + 1)
      else if ($2 == "/") $2 = old
      else $2 = old $2
      print
    }' $table >/log/mounts.new && $bb cp /log/mounts.new $table
    ;;
  chroot)
    shift
    exec "$@"
    ;;
  mkdir | rm | mv | cp | stat | chmod | chown) exec $bb "$name" "$@" ;;
  sleep | sync | modprobe) ;;
  findfs) cat /log/findfs 2>/dev/null || {
    echo "findfs: unable to resolve '$(last "$@")'" >&2
    exit 1
  } ;;
esac
