# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# What a factory reset keeps, and carrying paths from one tree of the storage into another. The storage is not trusted: a
# symbolic link in it must not lead a copy out of it.

# keep_paths PATH...: copies each from the upper of the active generation into the new one.
keep_paths() {
  ovl_from=$ovl_storage/generations/$ovl_active/upper
  ovl_to=$ovl_storage/generations/$ovl_generation/upper
  # What is noted of the base holds for what is kept.
  for ovl_path in base record; do
    [ ! -e "${ovl_from%upper}$ovl_path" ] || cp -a "${ovl_from%upper}$ovl_path" "${ovl_to%upper}$ovl_path" || return 1
  done
  for ovl_path; do
    if has_path "$ovl_from" "$ovl_path"; then
      carry_path "$ovl_path" || return 1
    elif [ -n "$ovl_linked" ]; then
      note "$ovl_path is not kept: $ovl_linked is a symbolic link in the upper"
    fi
  done
}

# has_path TREE PATH: whether the tree has something there. Where a directory on the way is a symbolic link it has not, and
# ovl_linked names the link: whatever is behind it is not the tree's.
# every boot
has_path() {
  ovl_linked=
  ovl_above=
  ovl_left=${2#/}
  while :; do
    case $ovl_left in */*) ;; *) break ;; esac
    ovl_above=$ovl_above/${ovl_left%%/*}
    ovl_left=${ovl_left#*/}
    if [ -h "$1$ovl_above" ]; then
      ovl_linked=$ovl_above
      return 1
    fi
  done
  [ -e "$1$2" ] || [ -h "$1$2" ]
}

# carry_path PATH: replaces what ovl_to has at a path by what ovl_from has there. The copy is made beside it first: where
# there is no room for it, what was there stays.
# applets: rm cp mv
carry_path() {
  ovl_staged=$ovl_storage/overlaykit/carried
  rm -rf "$ovl_staged" && cp -a "$ovl_from$1" "$ovl_staged" && keep_parents "${1%/*}" &&
    rm -rf "$ovl_to$1" && mv "$ovl_staged" "$ovl_to$1"
}

# keep_parents PATH: the directories down to PATH, with their owner and mode: a directory of the upper hides those of the
# root image.
# applets: mkdir stat chmod chown
keep_parents() {
  ovl_parent=
  ovl_left=${1#/}
  while [ -n "$ovl_left" ]; do
    ovl_parent=$ovl_parent/${ovl_left%%/*}
    case $ovl_left in */*) ovl_left=${ovl_left#*/} ;; *) ovl_left= ;; esac
    [ ! -h "$ovl_to$ovl_parent" ] || refuse "$ovl_parent is a symbolic link" || return 1
    [ -d "$ovl_to$ovl_parent" ] && continue
    mkdir "$ovl_to$ovl_parent" &&
      chown "$(stat -c %u:%g "$ovl_from$ovl_parent")" "$ovl_to$ovl_parent" &&
      chmod "$(stat -c %a "$ovl_from$ovl_parent")" "$ovl_to$ovl_parent" || return 1
  done
}
