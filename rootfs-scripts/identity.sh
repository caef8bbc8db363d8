# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# What makes one board different from the next: host keys, certificates. It is kept beside the generations, in numbered
# versions (docs/decisions/0009): overlaykit/identity/N/root/PATH, which counts once overlaykit/identity/N/whole is there.
# The newest that counts is the identity. Nothing is renamed: JFFS2 shows a directory twice where a rename is cut.
#
# WORDS below are paths, each group of them after its policy: keep /etc/dropbear provisioned /etc/device.crt

# bring_identity WORD...: into the upper of the generation that boots, where another one had it last. The file that says
# which one is written when all is durable, so a cut is followed by the same again, and a usual boot only reads it.
# applets: sync
# every boot
bring_identity() {
  ovl_marker=
  [ ! -e "$ovl_storage/overlaykit/identity.generation" ] || read -r ovl_marker <"$ovl_storage/overlaykit/identity.generation"
  find_identity
  if [ "$ovl_marker" != "generation $ovl_generation end" ] && late bring_paths "$@"; then
    sync
    echo "generation $ovl_generation end" >"$ovl_storage/overlaykit/identity.generation"
  fi
  tell_unprovisioned "$@"
}

# find_identity: sets ovl_identity to the newest version that is whole, to nothing where there is none, and ovl_version to
# its number.
# every boot
find_identity() {
  ovl_identity='' ovl_version=0
  for ovl_dir in "$ovl_storage"/overlaykit/identity/*; do
    [ ! -e "$ovl_dir/whole" ] || [ -h "$ovl_dir" ] || [ -h "$ovl_dir/root" ] || {
      ovl_number=${ovl_dir##*/}
      case $ovl_number in *[!0-9]* | 0* | ??????????*) continue ;; esac
      [ "$ovl_number" -gt "$ovl_version" ] || continue
      ovl_version=$ovl_number ovl_identity=$ovl_dir/root
    }
  done
}

# bring_paths WORD...: fails where one could not be brought; the others are.
bring_paths() {
  [ -n "$ovl_identity" ] || return 0
  ovl_from=$ovl_identity
  ovl_to=$ovl_storage/generations/$ovl_generation/upper
  ovl_brought=0
  for ovl_path; do
    case $ovl_path in /*) ;; *) continue ;; esac
    if ! has_path "$ovl_from" "$ovl_path"; then
      [ -z "$ovl_linked" ] || note "the identity at $ovl_path cannot be used: $ovl_linked is a symbolic link in it"
    elif ! carry_path "$ovl_path"; then
      note "the identity at $ovl_path could not be brought into generation $ovl_generation; the next boot tries again"
      ovl_brought=1
    fi
  done
  return $ovl_brought
}

# tell_unprovisioned WORD...: a board that lacks what the factory should have put on it says so at every boot.
# every boot
tell_unprovisioned() {
  ovl_policy=
  for ovl_path; do
    case $ovl_path in
      /*) ;;
      *)
        ovl_policy=$ovl_path
        continue
        ;;
    esac
    [ "$ovl_policy" != provisioned ] || { [ -n "$ovl_identity" ] && has_path "$ovl_identity" "$ovl_path"; } ||
      late note "not provisioned: $ovl_path"
  done
}

# store_identity WORD...: brings the store up to date with what the running generation has, where that differs. In the
# background, after the boot was confirmed.
# applets: mkdir chmod rm sync
store_identity() {
  # It knows extended attributes, and waits for whoever else changes the store.
  [ "$ovl_helper" = no ] || ! "$helper" store >/dev/null || return 0
  ovl_marker=
  [ ! -e "$ovl_storage/overlaykit/identity.generation" ] || read -r ovl_marker <"$ovl_storage/overlaykit/identity.generation"
  # Where the identity could not be brought in, what the upper has is not it.
  [ "$ovl_marker" = "generation $ovl_generation end" ] && [ "$ovl_active" = "$ovl_generation" ] || return 0
  ovl_upper=$ovl_storage/generations/$ovl_generation/upper
  find_identity
  has_new_identity "$@" || {
    ovl_making=${ovl_identity%/root}
    [ -z "$ovl_making" ] || forget_identities
    return 0
  }
  make_dirs "$ovl_storage/overlaykit/identity" && chmod 700 "$ovl_storage/overlaykit/identity" || return 1
  ovl_making=$ovl_storage/overlaykit/identity/$((ovl_version + 1))
  if [ ! -e "$ovl_making/whole" ] && rm -rf "$ovl_making" && (umask 077 && mkdir "$ovl_making" "$ovl_making/root") && fill_identity "$@" && sync; then
    echo >"$ovl_making/whole" && sync && forget_identities
  else
    say 3 "the identity could not be stored; the next boot that is confirmed tries again"
    [ -e "$ovl_making/whole" ] || rm -rf "$ovl_making"
  fi
}

# has_new_identity WORD...
has_new_identity() {
  for ovl_path; do
    is_own_identity "$ovl_path" || continue
    [ -n "$ovl_identity" ] && [ "$(account_of "$ovl_upper$ovl_path")" = "$(account_of "$ovl_identity$ovl_path")" ] || return 0
  done
  return 1
}

# is_own_identity WORD: whether it is a path of policy keep that the upper has. A whiteout is nothing to keep.
is_own_identity() {
  case $1 in
    /*) [ "$ovl_policy" = keep ] && has_path "$ovl_upper" "$1" && [ ! -c "$ovl_upper$1" ] ;;
    *)
      ovl_policy=$1
      return 1
      ;;
  esac
}

# fill_identity WORD...: each path from the upper, or from the version before. What is written to while it is copied is
# left for the next time: half a key is worse than the old one.
fill_identity() {
  ovl_to=$ovl_making/root
  for ovl_path; do
    if is_own_identity "$ovl_path"; then
      ovl_from=$ovl_upper
    else
      case $ovl_path in /*) ;; *) continue ;; esac
      [ -n "$ovl_identity" ] || continue
      has_path "$ovl_identity" "$ovl_path" || continue
      ovl_from=$ovl_identity
    fi
    carry_path "$ovl_path" && [ "$(account_of "$ovl_from$ovl_path")" = "$(account_of "$ovl_to$ovl_path")" ] || return 1
  done
}

# account_of PATH: what is there, as text to compare: names, types, modes, owners, contents. No times: copies of links have their own.
# applets: find stat md5sum sort
account_of() {
  (
    cd "${1%/*}" 2>/dev/null || exit 0
    find "./${1##*/}" -exec stat -c '%N %f %u %g' {} \; 2>/dev/null | sort
    find "./${1##*/}" -type f -exec md5sum {} \; 2>/dev/null | sort
  )
}

# forget_identities: all versions but ovl_making.
# applets: rm
forget_identities() {
  for ovl_dir in "$ovl_storage"/overlaykit/identity/*; do
    [ "$ovl_dir" = "$ovl_making" ] || rm -rf "$ovl_dir"
  done
}
