/** A busybox that lacks some of what it has. */

/**
 * Debian's ash runs its own applets whatever $PATH says (FEATURE_SH_STANDALONE). Spoiling their names in the copy's applet
 * table makes it look in $PATH, as it does on boards that are built without.
 */
export function withoutApplets(busybox: Buffer, applets: readonly string[]): Buffer {
  const table = busybox.indexOf('\0[\0[[\0');
  if (table === -1) throw new Error('this busybox has no applet table that begins with [ and [[');
  for (const applet of applets) {
    const at = busybox.indexOf(`\0${applet}\0`, table, 'latin1');
    if (at !== -1) busybox.write('~', at + applet.length, 'latin1');
  }
  return busybox;
}
