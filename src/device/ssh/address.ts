/**
 * What people type for a board: an ssh alias, user@host:port, ssh://user@host:port, an IPv6 address in brackets or bare.
 */
import { failure, type Result, success } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';

export interface Address {
  /** As typed. */
  readonly text: string;
  /** A name for ssh's settings to look up, or an address. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** What no name of a host or a user has, and what a ProxyCommand's shell would act on. */
const unfit = /[\s\p{Cc}/'"`$\\;&<>|(){}*?!#,]/u;

/** Takes an address apart; OVL501 says what is wrong with it. A password in it is not repeated. */
export function parseAddress(text: string): Result<Address> {
  const match =
    /^(?:ssh:\/\/)?(?:(?<user>.*)@)?(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^[\]]*?))(?::(?<port>\d{1,6}))?(?<slash>\/?)$/su.exec(
      text,
    )?.groups;
  // More colons than one are an IPv6 address without brackets, whose last part is no port.
  const whole = text.replace(/^.*@/su, '');
  const bare = !text.startsWith('ssh://') && !whole.includes('[') && whole.split(':').length > 2;
  const user = match?.user;
  const host = bare ? whole : (match?.bracketed ?? match?.plain);
  const port = bare ? undefined : match?.port;
  if (user?.includes(':'))
    return wrong(
      'an address with a password in it',
      'a password does not belong there: others see command lines, and shells keep them',
    );
  if (match === undefined || host === undefined)
    return wrong(quoted(text), 'it cannot be taken apart into user, host and port');
  if (match.slash === '/' && !text.startsWith('ssh://'))
    return wrong(quoted(text), 'a path is no part of it');
  if (host === '' || host.startsWith('-') || unfit.test(host))
    return wrong(quoted(text), 'its host is empty, begins with "-" or has characters that no host has');
  if (user !== undefined && (user === '' || user.startsWith('-') || unfit.test(user)))
    return wrong(quoted(text), 'its user is empty, begins with "-" or has characters that no user has');
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    return wrong(quoted(text), 'a port is a number from 1 to 65535');
  return success({
    text,
    host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  });
}

function wrong(what: string, because: string): Result<Address> {
  return failure({
    code: 'OVL501',
    severity: 'error',
    message: `${what} is not the address of a board`,
    because,
    fix: 'write HOST, USER@HOST:PORT, ssh://USER@HOST:PORT or USER@[IPV6]:PORT',
    boardState: 'unchanged',
  });
}
