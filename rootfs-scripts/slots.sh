# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# The state on the storage: one line in each of two slots. Written for shells that have builtins and sync, and no more.

# read_state: both slots; the whole one with the higher seq counts.
# every boot
read_state() {
  ovl_seq=-1 ovl_slot=b ovl_newer='' ovl_damaged='' ovl_unreadable=''
  read_slot a
  read_slot b
  { [ -z "$ovl_unreadable$ovl_newer$ovl_damaged" ] && [ "$ovl_seq" -ge 0 ]; } || late judge_slots
}

# judge_slots: one of them is not as it should be, or there is none.
judge_slots() {
  [ -z "$ovl_unreadable" ] ||
    refuse "slot $ovl_unreadable of the state cannot be read, and going on with the other one could lose a confirmation" || return 1
  [ -z "$ovl_newer" ] ||
    refuse "the state on the storage has version $ovl_newer, this overlay_init knows 1; nothing was touched" || return 1
  if [ "$ovl_seq" -lt 0 ]; then
    begin_state
  elif [ -n "$ovl_damaged" ]; then
    say 4 "slot $ovl_damaged of the state is damaged, as a power cut leaves it; the other one counts"
  fi
}

# read_slot LETTER: a line counts when writing its values again gives the same line.
# every boot
read_slot() {
  [ -e "$ovl_storage/overlaykit/state.$1" ] || return 0
  ovl_line=
  read -r ovl_line <"$ovl_storage/overlaykit/state.$1"
  ovl_code=$?
  set -f
  # shellcheck disable=SC2086 # the line is taken apart at its blanks
  set -- "$1" $ovl_line
  set +f
  if [ $# -eq 11 ] &&
    state_line "${4#seq=}" "${5#active=}" "${6#previous=}" "${7#trying=}" "${8#attempts=}" "${9#next=}" "${10#reset=}" &&
    [ "$ovl_text" = "$ovl_line" ]; then
    [ "${4#seq=}" -gt "$ovl_seq" ] || return 0
    ovl_slot=$1 ovl_seq=${4#seq=} ovl_active=${5#active=} ovl_previous=${6#previous=} ovl_trying=${7#trying=}
    ovl_attempts=${8#attempts=} ovl_next=${9#next=} ovl_made_by_reset=${10#reset=}
  else
    late odd_slot "$1"
  fi
}

# odd_slot LETTER: what is wrong with it: it could not be read, it is of a later version, or it is no line of ours.
odd_slot() {
  if [ "$ovl_code" -ne 0 ] && [ -z "$ovl_line" ] && [ -s "$ovl_storage/overlaykit/state.$1" ]; then
    ovl_unreadable=$1
    return 0
  fi
  case $ovl_line in
    "overlaykit-state 1 "*) ovl_damaged=$1 ;;
    "overlaykit-state "[0-9]*)
      ovl_newer=${ovl_line#overlaykit-state }
      ovl_newer=${ovl_newer%%[!0-9]*}
      ;;
    *) ovl_damaged=$1 ;;
  esac
}

# state_line SEQ ACTIVE PREVIOUS TRYING ATTEMPTS NEXT RESET: sets ovl_text to the line with its length and check number.
# Fails where one is neither "-" nor a number that every shell reads as decimal.
# every boot
state_line() {
  ovl_sum=0
  for ovl_value; do
    case $ovl_value in
      -) ovl_value=-1 ;;
      '' | *[!0-9]* | 0?* | ??????????*) return 1 ;;
    esac
    ovl_sum=$(((ovl_sum * 31 + ovl_value + 1) % 65521))
  done
  ovl_text="overlaykit-state 1 seq=$1 active=$2 previous=$3 trying=$4 attempts=$5 next=$6 reset=$7"
  ovl_text="$ovl_text end=${#ovl_text}.$ovl_sum"
}

# begin_state: nothing is known yet, or nothing any more; then the generation with the highest number is the newest.
begin_state() {
  ovl_active=1
  for ovl_dir in "$ovl_storage"/generations/*; do
    ovl_number=${ovl_dir##*/}
    case $ovl_number in *[!0-9]* | 0* | ??????????*) continue ;; esac
    # JFFS2 renames by link and unlink: with both names there it was never finished.
    [ ! -e "$ovl_dir.partial" ] || continue
    [ "$ovl_number" -le "$ovl_active" ] || ovl_active=$ovl_number
  done
  ovl_previous=- ovl_trying=- ovl_attempts=0 ovl_next=$((ovl_active + 1)) ovl_made_by_reset=-
  [ -z "$ovl_damaged" ] ||
    say 3 "the state on the storage is damaged; going on with generation $ovl_active, the newest one there is"
  make_generation "$ovl_active" && first_reserve
}

# write_state: into the slot that does not count, durable when this returns. The other slot stays whole.
# applets: sync
# every boot
write_state() {
  case $ovl_slot in a) ovl_into=b ;; *) ovl_into=a ;; esac
  state_line $((ovl_seq + 1)) "$ovl_active" "$ovl_previous" "$ovl_trying" "$ovl_attempts" "$ovl_next" "$ovl_made_by_reset"
  # In place: a full ext4 may not give back the block that truncating frees. What is left of a longer line is a second one.
  echo "$ovl_text" 1<>"$ovl_storage/overlaykit/state.$ovl_into" && sync || return 1
  ovl_slot=$ovl_into
  ovl_seq=$((ovl_seq + 1))
}
