# shellcheck shell=sh
# /etc/profile.d/overlaykit.sh, put there by overlaykit: tells whoever logs in when the board has fallen back, and why.
# The file is there only then; see `overlay_helper status` for the whole account.
if [ -r /run/overlaykit/login ]; then
  while read -r ovl_login; do echo "$ovl_login"; done </run/overlaykit/login
  unset ovl_login
fi
