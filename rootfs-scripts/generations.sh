# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables, the generated part sets the plan's
# The state on the storage, and the generation that boots: docs/decisions/0005 in code. All of it happens before the union
# is mounted, since removing files under a mounted union leaves a system that is neither old nor new.

# choose_generation LIMIT REQUEST_FILE BY_COMMAND_LINE [keep_paths PATH...]: sets ovl_generation.
# every boot
choose_generation() {
  ovl_limit=$1 ovl_request=$2 ovl_by_words=$3
  shift 3
  read_state || return 1
  # overlay_helper has counted this very boot, and did not get to its end.
  [ "$ovl_counted" != "$ovl_seq" ] || ovl_attempts=$((ovl_attempts - 1))
  if [ "$ovl_reset$ovl_wished" = no ] && { [ -z "$ovl_request" ] || [ ! -e "$ovl_request" ]; }; then
    pick_generation
  else
    late reset_or_pick "$@"
  fi || return 1
  [ ! -e "$ovl_storage/overlaykit/reset-paths" ] || late reset_paths
  count_attempt
}

# reset_or_pick [keep_paths PATH...]: something asks for a factory reset, or seems to.
reset_or_pick() {
  if reset_is_asked; then
    reset_to_factory "$@"
  else
    pick_generation
  fi
}

# reset_paths: the changes below some paths are to be forgotten; overlay_helper knows how.
reset_paths() {
  if [ -x "$helper" ]; then
    "$helper" tidy && return 0
  fi
  first_words
  note "the changes below some paths were to be forgotten, and overlay_helper could not do it${ovl_why:+: $ovl_why}"
}

# pick_generation: which one boots: the active one, where none is tried and it was confirmed lately.
# every boot
pick_generation() {
  ovl_generation=$ovl_active
  { [ "$ovl_trying" = - ] && [ "$ovl_attempts" -lt "$ovl_limit" ]; } || late judge_attempts || return 1
  make_generation "$ovl_generation"
}

# judge_attempts: which one boots, by how many boots were not confirmed.
judge_attempts() {
  if [ "$ovl_trying" != - ]; then
    ovl_generation=$ovl_trying
    [ "$ovl_attempts" -ge "$ovl_limit" ] || [ ! -d "$ovl_storage/generations/$ovl_trying/upper" ] || return 0
    say 3 "generation $ovl_trying was tried and not confirmed in $ovl_attempts boots; back to generation $ovl_active"
    set_aside "$ovl_trying"
    ovl_trying=- ovl_attempts=0
  fi
  ovl_generation=$ovl_active
  [ "$ovl_attempts" -ge "$ovl_limit" ] || return 0
  if [ "$ovl_previous" = - ] || [ ! -d "$ovl_storage/generations/$ovl_previous/upper" ]; then
    every_other_boot
    return
  fi
  say 3 "generation $ovl_active was not confirmed in $ovl_attempts boots; back to generation $ovl_previous"
  set_aside "$ovl_active"
  ovl_active=$ovl_previous ovl_previous=- ovl_attempts=0
  ovl_generation=$ovl_active
}

# every_other_boot: there is nothing to go back to. Power that went three times in the first minute looks like an init that
# crashes, so the generation is neither given up for good nor insisted on: every other boot leaves it out.
every_other_boot() {
  [ $(((ovl_attempts - ovl_limit) % 2)) -eq 0 ] || return 0
  count_attempt
  refuse "generation $ovl_active was not confirmed in $ovl_limit boots, and there is no previous one; the next boot tries it again"
}

# set_aside NUMBER: gives a generation that failed a name, so that nobody deletes what is in it.
set_aside() {
  [ ! -d "$ovl_storage/generations/$1" ] || [ -e "$ovl_storage/generations/$1/name" ] ||
    echo "failed-$1" >"$ovl_storage/generations/$1/name"
}

# have_previous: the rung "previous" is of use where the storage works and the generation does not; or where the ladder
# begins with it.
have_previous() {
  [ -z "$ovl_failed" ] || { [ -n "$ovl_generation" ] && [ "$ovl_trying$ovl_previous" != -- ]; }
}

# choose_previous: the generation that failed is set aside with a name, so that nobody deletes it.
choose_previous() {
  read_state || return 1
  if [ "$ovl_trying" != - ]; then
    ovl_failed_one=$ovl_trying
  else
    [ "$ovl_previous" != - ] && [ -d "$ovl_storage/generations/$ovl_previous/upper" ] ||
      refuse "there is no previous generation" || return 1
    ovl_failed_one=$ovl_active ovl_active=$ovl_previous ovl_previous=-
  fi
  ovl_trying=- ovl_attempts=0 ovl_generation=$ovl_active
  say 3 "generation $ovl_failed_one is set aside; back to generation $ovl_generation"
  set_aside "$ovl_failed_one"
  make_generation "$ovl_generation" && count_attempt
}

# make_generation NUMBER: the directories of one, and of the state.
# applets: mkdir
# every boot
make_generation() {
  make_dirs "$ovl_storage/overlaykit" "$ovl_storage/generations/$1/upper" "$ovl_storage/generations/$1/work"
}

# count_attempt: before anything of the generation is used, so that a boot that hangs is counted too.
# every boot
count_attempt() {
  ovl_attempts=$((ovl_attempts + 1))
  ovl_first_free=$ovl_next
  write_state || late count_in_reserve
}

# count_in_reserve: the same, where there was no room for it.
count_in_reserve() {
  make_way
  write_state || say 3 "the storage cannot be written (full?); this boot is not counted"
}

# make_reserve FILE PAGES: 128 KiB that can be given up, or so many pages of FILE that they are left when JFFS2 has compressed
# them. A full storage has no room for a state, and overlayfs mounts read-only where it cannot make its work directory. A FILE of
# fewer pages is read again; dd says how many it was ("22+1 records in").
# applets: dd rm
make_reserve() {
  [ ! -e "$ovl_storage/overlaykit/reserve" ] || return 0
  ovl_left=$2
  while [ "$ovl_left" -gt 0 ]; do
    ovl_line=$(dd if="$1" bs=4096 count="$ovl_left" 2>&1 >>"$ovl_storage/overlaykit/reserve") || {
      rm -f "$ovl_storage/overlaykit/reserve"
      return 0
    }
    ovl_line=${ovl_line%%+*}
    # Less than a page, or a dd that says nothing: once has to do.
    case $ovl_line in '' | 0 | *[!0-9]*) return 0 ;; esac
    ovl_left=$((ovl_left - ovl_line))
  done
}

# first_reserve: before init, where random bytes may take the kernel ten seconds (6.1 on an ARMv6 without a seed). Programs do
# not compress well: of 256 KiB zlib leaves 118 and more.
first_reserve() {
  ovl_program=/proc/self/exe
  [ ! -f "$helper" ] || ovl_program=$helper
  make_reserve "$ovl_program" 64
}

# make_way: on a full storage, everything goes that nobody would miss.
# applets: rm sync
make_way() {
  say 3 "the storage is full; its reserve is given up for this boot"
  rm -rf "$ovl_storage/overlaykit/reserve" "$ovl_storage/overlaykit/boots"
  sweep
  sync
}

# reset_is_asked: sets ovl_asked to what asks for a factory reset.
reset_is_asked() {
  ovl_asked=
  [ -z "$ovl_request" ] || [ ! -e "$ovl_request" ] || ovl_asked=$ovl_request
  [ -z "$ovl_wished" ] || ovl_asked=$ovl_wished
  [ "$ovl_by_words" = no ] || [ "$ovl_reset" = no ] || ovl_asked="overlaykit=reset on the kernel command line"
  [ -n "$ovl_asked" ]
}

# reset_to_factory [keep_paths PATH...]: a new, empty generation; one write of the state is the reset. The request is taken back
# after it, and what the old generations hold is deleted in the background, so nothing here takes longer for more files.
# applets: rm sync
reset_to_factory() {
  say 4 "factory reset, asked for by $ovl_asked"
  new_generation make_room "$@" || return 1
  ovl_active=$ovl_generation ovl_previous=- ovl_trying=- ovl_attempts=0
  ovl_made_by_reset=$ovl_generation
  write_state || return 1
  for ovl_one in $ovl_serve; do
    "$ovl_one"
  done
  [ -z "$ovl_request" ] || [ ! -e "$ovl_request" ] || { rm -rf "$ovl_request" && sync; } || return 1
  ovl_reset_done=$ovl_asked
}

# new_generation MAKE_ROOM [keep_paths PATH...]: the next number, empty but for what is kept, durable before the state names it.
# MAKE_ROOM gets the number of words about what is kept.
# applets: rm sync
new_generation() {
  ovl_make_room=$1
  shift
  ovl_generation=$ovl_next
  # What an interrupted one has left of the same number.
  [ ! -e "$ovl_storage/generations/$ovl_generation" ] || rm -rf "$ovl_storage/generations/$ovl_generation"
  make_generation "$ovl_generation" || "$ovl_make_room" $# || return 1
  # What is kept needs room; where there is none, what nobody would miss goes first.
  [ $# -eq 0 ] || "$@" || { make_way && "$@"; } || return 1
  sync
  ovl_next=$((ovl_next + 1))
}

# make_room WORDS: a full storage has no place for a new directory. What is not needed goes first then, and last of all the
# active generation, where nothing of it is to be kept (WORDS is 0). The request stands until the state is written, so a cut
# in between is followed by the same again.
# applets: rm
make_room() {
  say 4 "the storage is full; old generations are deleted before the reset is done"
  rm -rf "$ovl_storage/overlaykit/reserve" "$ovl_storage/overlaykit/boots"
  for ovl_dir in "$ovl_storage"/generations/*; do
    [ "${ovl_dir##*/}" = "$ovl_active" ] || rm -rf "$ovl_dir"
  done
  make_generation "$ovl_generation" && return 0
  [ "$1" -eq 0 ] || refuse "no room for what the reset is to keep" || return 1
  rm -rf "$ovl_storage/generations"
  make_generation "$ovl_generation"
}

# sweep: deletes the generations that the state does not name and people have not named since the last reset. Those that
# were never finished end in .partial. Numbers that were free when the board booted are not looked at: a snapshot that is
# being made has one of them.
# applets: rm
sweep() {
  for ovl_dir in "$ovl_storage"/generations/*; do
    is_needed "${ovl_dir##*/}" || ovl_why=$(rm -rf "$ovl_dir" 2>&1) ||
      say 4 "$ovl_dir cannot be deleted: $ovl_why"
  done
}

# sweep_by_helper: it takes immutable flags away, which keep rm from deleting. 6 is "busy": another helper copies or measures
# there, and sweeping beside it would take its files away. The next boot sweeps.
sweep_by_helper() {
  [ "$ovl_helper" = yes ] || return 1
  "$helper" sweep >/dev/null || [ $? -eq 6 ]
}

# is_needed NAME
is_needed() {
  case ${1%.partial} in
    '' | *[!0-9]* | ??????????*) ;;
    *) [ "${1%.partial}" -lt "$ovl_first_free" ] || return 0 ;;
  esac
  case $1 in
    '*' | "$ovl_active" | "$ovl_previous" | "$ovl_trying" | "$ovl_generation") return 0 ;;
    '' | *[!0-9]* | ??????????*) return 1 ;;
  esac
  [ -e "$ovl_storage/generations/$1/name" ] || return 1
  [ "$ovl_made_by_reset" = - ] || [ "$1" -gt "$ovl_made_by_reset" ]
}
