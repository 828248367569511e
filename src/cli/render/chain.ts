/** Marks and words for the links of a chain. */

import type { LinkResult, LinkStatus, Verdict } from '../../chain/model.ts';
import { LINKS, type LinkId } from '../../checks/model.ts';
import type { Style } from '../style.ts';

type Shown = Pick<LinkResult, 'link' | 'status' | 'waived'>;

const MARKS: Readonly<Record<LinkStatus, string>> = {
  holds: '✔',
  broken: '✘',
  unproven: '?',
  'not-applicable': '–',
};

/** The colour of a status; a waived link is a warning, whatever it is called. */
export function paintStatus(style: Style, { status, waived }: Pick<Shown, 'status' | 'waived'>, text: string): string {
  if (waived > 0) return style.yellow(text);
  switch (status) {
    case 'holds':
      return style.green(text);
    case 'broken':
      return style.red(text);
    case 'unproven':
      return style.yellow(text);
    case 'not-applicable':
      return style.dim(text);
  }
}

export function paintVerdict(style: Style, verdict: Verdict, text: string = verdict): string {
  return verdict === 'trusted' ? style.green(text) : verdict === 'untrusted' ? style.red(text) : style.yellow(text);
}

export function markOf(status: LinkStatus): string {
  return MARKS[status];
}

export function statusText({ status, waived }: Shown): string {
  return waived > 0 ? `${status} (waived)` : status;
}

/** The names of the links as the head of a table of chains. */
export function chainHead(): string {
  return LINKS.join(' ');
}

/** One mark per link, each below the first letter of its name in {@link chainHead}. */
export function chainLine(
  style: Style,
  links: readonly { readonly link: LinkId; readonly status: LinkStatus }[],
): string {
  return LINKS.map((id) => {
    const found = links.find((link) => link.link === id);
    const mark =
      found === undefined ? ' ' : paintStatus(style, { status: found.status, waived: 0 }, markOf(found.status));
    return mark + ' '.repeat(id.length - 1);
  }).join(' ');
}
