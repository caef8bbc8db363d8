# shellcheck shell=bash
# reset.sh FILES ROUNDS SHELL SCRIPT FOLDER: prints, a line for each round, the microseconds of a factory reset of that many
# files until it is durable, those of deleting them afterwards, and the sectors that each of the two has written. Runs with bash, as root, in a mount namespace of its own.
set -eu
files=$1 rounds=$2 shell=$3 script=$4 folder=$5
# Sectors of 512 bytes: the seventh number.
written() { read -r _ _ _ _ _ _ sectors _ <"/sys/block/${1##*/}/stat" && echo "$sectors"; }

image=$folder/storage.img storage=$folder/overlay
mkdir -p "$storage" "$folder/run"
for ((round = 0; round < rounds; round++)); do
  rm -f "$image"
  truncate -s 256M "$image"
  mkfs.ext4 -q -N 20000 -E lazy_itable_init=0,lazy_journal_init=0 "$image"
  mount -o loop,noatime "$image" "$storage"
  mkdir -p "$storage/overlaykit" "$storage/generations/1/upper/files" "$storage/generations/1/work"
  for ((file = 0; file < files; file++)); do echo "$file" >"$storage/generations/1/upper/files/$file"; done
  # As after a reboot: nothing is cached, and nothing is left to be written.
  umount "$storage"
  mount -o loop,noatime "$image" "$storage"
  : >"$storage/overlaykit/reset"
  sync -f "$storage"
  device=$(findmnt -n -o SOURCE "$storage")
  before=$(written "$device")
  start=$EPOCHREALTIME
  "$shell" "$script" reset
  durable=$EPOCHREALTIME
  between=$(written "$device")
  "$shell" "$script" sweep
  sync -f "$storage"
  end=$EPOCHREALTIME
  after=$(written "$device")
  [ ! -e "$storage/overlaykit/reset" ] && [ -d "$storage/generations/2/upper" ] && [ ! -e "$storage/generations/1" ]
  umount "$storage"
  echo "$((${durable/./} - ${start/./})) $((${end/./} - ${durable/./})) $((between - before)) $((after - between))"
done
