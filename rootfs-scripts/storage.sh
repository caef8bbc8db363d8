# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# Finding the storage, and making sure that it is the one the board file means before anything touches it. Sizes that
# the board file does not give are "-".

# wait_for SECONDS COMMAND...: until it succeeds, looking once a second.
# applets: sleep
wait_for() {
  ovl_patience=$1
  shift
  until "$@"; do
    [ "$ovl_patience" -gt 0 ] || return 1
    ovl_patience=$((ovl_patience - 1))
    sleep 1
  done
}

# find_mtd KEY VALUE SECONDS SIZE ERASE_BLOCK LEAST MOST: an MTD partition by name or number, as /proc/mtd lists it:
#   mtd5: 00360000 00010000 "rootfs_data"
# SIZE and ERASE_BLOCK are hexadecimal like these; LEAST and MOST are pages of 4096 bytes, since mksh counts in 32 bits.
# JFFS2 is then mounted as mtdN, not through /dev: that needs neither a device node nor mtdblock.
# every boot
find_mtd() {
  see_mtd "$1" "$2" || late wait_for "$3" see_mtd "$1" "$2" ||
    late refuse "/proc/mtd has no partition of that $1, or more than one" || return 1
  ovl_pages=$((0x${ovl_size%???}))
  case "$4 $5" in
    "$ovl_size $ovl_erase" | "$ovl_size -" | "- $ovl_erase" | '- -') is_between "$ovl_pages" "$6" "$7" && return 0 ;;
  esac
  late refuse_mtd "$4" "$5" "$6" "$7"
}

# refuse_mtd SIZE ERASE_BLOCK LEAST MOST: the partition is not what the board file says: why.
refuse_mtd() {
  [ "$1" = - ] || [ "$ovl_size" = "$1" ] ||
    refuse "$ovl_device has 0x$ovl_size bytes, the board file says 0x$1" || return 1
  [ "$2" = - ] || [ "$ovl_erase" = "$2" ] ||
    refuse "$ovl_device has erase blocks of 0x$ovl_erase bytes, the board file says 0x$2" || return 1
  refuse_size "$ovl_pages" "$3" "$4" "pages of 4 KiB"
}

# see_mtd KEY VALUE: one look at /proc/mtd. A name that two partitions share is nobody's.
# every boot
see_mtd() {
  [ -e /proc/mtd ] || return 1
  ovl_seen=0
  while read -r ovl_number ovl_bytes ovl_block ovl_name; do
    case $1 in
      name) [ "$ovl_name" = "\"$2\"" ] || continue ;;
      number) [ "$ovl_number" = "mtd$2:" ] || continue ;;
    esac
    ovl_seen=$((ovl_seen + 1))
    ovl_device=${ovl_number%:} ovl_size=$ovl_bytes ovl_erase=$ovl_block
  done </proc/mtd
  [ "$ovl_seen" -eq 1 ]
}

# find_block PATH SECONDS SIZE LEAST MOST: a block device by its node. Sizes are sectors of 512 bytes.
# every boot
find_block() {
  [ -b "$1" ] || late wait_for "$2" [ -b "$1" ] || late refuse "$1 is no block device" || return 1
  ovl_device=$1
  block_has_size "$3" "$4" "$5"
}

# find_tagged LABEL=...|UUID=... SECONDS SIZE LEAST MOST: a block device by what its file system is called.
# every boot
find_tagged() {
  see_tagged "$1" || late wait_for "$2" see_tagged "$1" || late refuse "no block device has $1" || return 1
  block_has_size "$3" "$4" "$5"
}

# see_tagged TAG: one look.
# applets: findfs
# every boot
see_tagged() {
  ovl_device=$(findfs "$1")
}

# block_has_size SIZE LEAST MOST
# every boot
block_has_size() {
  [ "$1$2$3" = --- ] && return 0
  ovl_node=/sys/class/block/${ovl_device##*/}/size
  [ -e "$ovl_node" ] || late refuse "there is no $ovl_node to compare the size with" || return 1
  read -r ovl_size <"$ovl_node"
  { { [ "$1" = - ] || [ "$ovl_size" -eq "$1" ]; } && is_between "$ovl_size" "$2" "$3"; } || late refuse_block "$@"
}

# refuse_block SIZE LEAST MOST: the device is not what the board file says: why.
refuse_block() {
  [ "$1" = - ] || [ "$ovl_size" -eq "$1" ] ||
    refuse "$ovl_device has $ovl_size sectors, the board file says $1" || return 1
  refuse_size "$ovl_size" "$2" "$3" "sectors"
}

# is_between SIZE LEAST MOST
# every boot
is_between() {
  { [ "$2" = - ] || [ "$1" -ge "$2" ]; } && { [ "$3" = - ] || [ "$1" -le "$3" ]; }
}

# refuse_size SIZE LEAST MOST UNIT: it is not between them.
refuse_size() {
  [ "$2" = - ] || [ "$1" -ge "$2" ] ||
    refuse "$ovl_device has $1 $4, the board file wants at least $2" || return 1
  refuse "$ovl_device has $1 $4, the board file wants at most $3"
}

# refuse TEXT: says why a step fails, and fails.
refuse() {
  echo "$1" >&2
  return 1
}
