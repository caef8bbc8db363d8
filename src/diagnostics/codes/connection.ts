import type { CodeEntry } from './entry.ts';

/** OVL5xx: Reaching a board and logging in. */
export const connectionCodes = {
  OVL501: {
    title: 'this is not the address of a board',
    explanation: `A board is named as ssh names it: a Host of ~/.ssh/config, a host name, or an address, with the user in front and the port
behind where they are needed: root@192.168.1.1:2222, ssh://root@board:2222, root@[fe80::1%eth0]:22. A password has no place
in it: command lines are seen by every user of the machine and kept by shells.`,
  },
  OVL502: {
    title: "ssh's configuration cannot be used for this board",
    explanation: `overlaykit reaches a board as "ssh" does on this machine: it asks "ssh -G HOST" for the user, port, keys, jump hosts and
known_hosts files. ssh refused its own configuration, or a ProxyCommand would be given a name with characters that a shell
acts on. "because" has the words.`,
  },
  OVL503: {
    title: 'no address is known for the name of the board',
    explanation: `Neither /etc/hosts nor a name server knows the name. A board without a name is reached by its address, or by a Host with a
HostName in ~/.ssh/config.`,
  },
  OVL504: {
    title: 'the board refuses the connection',
    explanation: `A machine with this address is there, and nothing listens on the port. On a board that has just started, the SSH server
comes late: dropbear makes its host keys at the first start, which takes a slow processor up to a minute.`,
  },
  OVL505: {
    title: 'the board cannot be reached',
    explanation: `The kernel found no way to the address, or the connection was cut while it was made: "because" has its error. EHOSTUNREACH
is a board that is off or has another address, ENETUNREACH an interface of this machine that is down or has no address in
the board's network.`,
  },
  OVL506: {
    title: 'what answers is not an SSH server',
    explanation: `The port accepts connections, and then comes something else than SSH's greeting: a web server, a console server, nothing
at all, or text without end. A server whose places are all taken closes without a word too (MaxStartups of OpenSSH, the
limits of dropbear against guessing). Reading stops after a mebibyte.`,
  },
  OVL507: {
    title: 'the board takes too long to let anybody in',
    explanation: `Connection, key exchange and login have 15 seconds together, or what ConnectTimeout says in ~/.ssh/config; the time that a
person takes to answer does not count. "because" says how far it came. Old processors need seconds for a key exchange with
large numbers, and longer when they do something else as well.`,
  },
  OVL508: {
    title: "the server's algorithms are too old",
    explanation: `The two sides have no algorithm in common for the key exchange, the host key, the cipher or the MAC. Servers from before
about 2014 have only some that can be broken, or soon: SHA-1 signatures, a group of 1024 bits, CBC ciphers. They are offered
only to a board whose file names them under target.legacy_algorithms, or where ~/.ssh/config allows them to ssh itself.
"because" has what the server offers, "fix" the line that is needed. Whoever can listen and change packets between you
and the board may then read along: do it only in a network of your own.`,
  },
  OVL509: {
    title: 'the server broke off before the login was over',
    explanation: `The connection ended during the greeting, the key exchange or the login, without a reason that is understood here. The
server's log knows more: logread on OpenWrt, journalctl -u ssh on Debian. Typical are a full disk or memory on the board,
damaged host keys, and a firewall that looks into connections.`,
  },
  OVL510: {
    title: 'the host key of the board is not known',
    explanation: `The board was never reached from here, so nothing tells it from something that pretends to be it. Nothing secret was sent.
Compare the fingerprint with the board's own, over its console:
"dropbearkey -y -f /etc/dropbear/dropbear_ed25519_host_key" or "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub".
On a terminal the question is asked and the answer kept in known_hosts; in scripts, --host-key gives the fingerprint.
StrictHostKeyChecking accept-new in ~/.ssh/config takes new keys without asking.`,
  },
  OVL511: {
    title: 'the host key of the board has changed',
    explanation: `known_hosts has another key for this host; the message has its file and line. The board was flashed, reset to its factory
state or replaced, or something answers in its place and waits for the password. No setting makes overlaykit go on, and
nothing secret was sent. When it is certain that the board has a new key, remove the old one with the command in "fix".
A board whose storage is a tmpfs makes new keys at each boot unless they are in its image.`,
  },
  OVL512: {
    title: 'the host key of the board is revoked',
    explanation: `A line of known_hosts begins with @revoked and has this key: somebody found out that its private half is in other hands.
No setting makes overlaykit go on. Give the board a new key over its console.`,
  },
  OVL513: {
    title: 'the host key is not the one that was expected',
    explanation: `The fingerprint given with --host-key, or the key that the board had before it restarted, is another one than that of
the server which answers now. Nothing secret was sent. Addresses that are handed out anew, two boards with one address
and a board that makes a key at each boot are the common causes.`,
  },
  OVL515: {
    title: 'a known_hosts file cannot be used',
    explanation: `The file that says which keys boards have cannot be read, so a changed key could go unnoticed; or an accepted key cannot be
added to it. Its usual owner is you and its mode 0600.`,
  },
  OVL516: {
    title: 'the host key changed during the connection',
    explanation: `Servers exchange keys again after some time or some bytes (dropbear after a gibibyte, OpenSSH by its RekeyLimit),
and show their host key again. It was another one than at the login, so something else answers in the board's place by now.
The connection was ended; what the board is like depends on what was being done, and "board" says it.`,
  },
  OVL520: {
    title: 'the board refuses the login',
    explanation: `The server took none of what was tried; "because" lists all of it, with the fingerprints of the keys, and what the server
would take. At most five keys and three passwords are tried: servers close after about six, and some lock the address out.
One that closed the connection before all was tried is told of too: with IdentitiesOnly, name the one right key.
Keys that ssh-agent holds come first, those of IdentityFile before the others; encrypted key files need somebody who can be
asked. Dropbear reads root's keys from /etc/dropbear/authorized_keys on OpenWrt, and from ~/.ssh/authorized_keys elsewhere,
and ignores a file that others may write. A root without a password is let in by dropbear -B only.`,
  },
  OVL530: {
    title: 'the connection to the board ended',
    explanation: `The board closed the connection, or it answered nothing for 15 seconds. What had been started may have been finished, cut
short, or still run; the last line says what is known of the board. Uploads are staged beside their destination and leave it
as it was until they are complete: do the same again.`,
  },
  OVL531: {
    title: 'a command on the board took too long',
    explanation: `Every command has a deadline. It was ended from here, as far as the server allows; a program that ignores it may still run.
Flash that is nearly full, and a processor that something else keeps busy, make simple commands slow.`,
  },
  OVL532: {
    title: 'a command on the board says too much',
    explanation: `Answers are bounded, so that a broken or hostile board cannot fill this machine's memory. The command was ended.`,
  },
  OVL533: {
    title: 'the board does not run commands as it should',
    explanation: `The login worked, and then the server refused to start a command, or closed its channel without saying how it ended. A
forced command, a login shell that does not take "-c", a chroot without /bin/sh, or no memory for another process do this.`,
  },
  OVL534: {
    title: 'the board did not come back after its reboot',
    explanation: `The board was told to restart, and does not answer in time. "because" has what the last try met. A board with overlaykit
falls back by itself: after some boots without confirmation to the previous generation, and to the tmpfs or the read-only
root where the storage fails. What it says is on its console. Its address may also have changed.`,
  },
  OVL540: {
    title: 'the board has no room for what is sent',
    explanation: `A folder is put together beside the one that is there, on the same file system, so that the switch is one rename and the
old one can come back. Files that are the same in both are linked and take no room; the others have to fit twice. The staged
part was removed, and the destination is as it was. The erase blocks that JFFS2 and UBIFS keep for themselves count as full.`,
  },
  OVL541: {
    title: 'the destination on the board cannot be written',
    explanation: `The folder that the destination is in does not exist, is on a read-only file system, or belongs to somebody else; or the
destination is there and no folder. Nothing was sent. The root of a board without overlaykit is read-only: its storage, /tmp
and /overlay are not.`,
  },
  OVL542: {
    title: 'what arrived on the board is not what was sent',
    explanation: `After sending, the board lists the staged folder and makes digests of its files with what it has: sha256sum, md5sum, cksum,
or only their lengths. They differ from what was sent, so the staged part was removed and nothing was switched. Flash that is
worn out, memory that flips bits and file systems that lose data when they are full do this; a board may also lie.`,
  },
  OVL543: {
    title: 'the board has no way to receive files',
    explanation: `An upload needs a shell and busybox's find on the board, to see what is there and what arrived; tar makes it fast, and cat
does where there is no tar. SFTP is never needed.`,
  },
  OVL544: {
    title: 'the board could not put a folder together',
    explanation: `A program on the board failed while a folder was staged beside its destination: "because" has its own last words. The staged
part was removed, and the destination is as it was, unless the last line says otherwise. File systems such as vfat have no
symbolic links and no permission bits, and cannot hold a root's files.`,
  },
} as const satisfies Record<string, CodeEntry>;
