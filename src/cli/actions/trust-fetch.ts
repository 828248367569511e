/** What `assay trust fetch-ek` does. */

import type { TrustRootDetail } from '../../api/trust-schemas.ts';
import { EvidenceError, PolicyError, UsageError } from '../../bytes/errors.ts';
import { contentId } from '../../bytes/hash.ts';
import { printable } from '../../bytes/text.ts';
import { readTrustFile } from '../../x509/trust-file.ts';
import type { Certificate } from '../../x509/certificate.ts';
import type { FetchTrustOptions } from '../commands/trust.ts';
import { httpsGet, type GetLimits } from '../https-get.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { operatorClient } from '../operator-client.ts';
import { said } from '../output.ts';
import { renderTable } from '../render/table.ts';
import { sayLeftOut, type LeftOut } from '../trust-input.ts';
import { VENDORS, type Vendor } from '../vendor-roots.ts';
import { certificateLabel, isSelfIssued, trustRoot } from './trust-add.ts';

/** Where roots come from. */
interface Source {
  readonly vendors: readonly Vendor[];
  readonly limits: GetLimits;
}

/** A root has one or two kilobytes. */
const PUBLISHED: Source = { vendors: VENDORS, limits: { bytes: 64 * 1024, time: 30_000 } };

/** A root that a maker publishes. */
interface Found {
  readonly vendor: Vendor;
  readonly url: string;
  readonly certificate: Certificate;
}

/**
 * Shows what the makers publish, and trusts it when told to.
 * @param source tests have servers of their own; nobody else chooses an address
 * @returns 2 when it was only shown, 1 when something was left out
 * @throws UsageError `trust.vendor`, and as {@link operatorClient}
 */
export async function fetchTrust(
  io: Io,
  ids: readonly string[],
  options: FetchTrustOptions,
  source: Source = PUBLISHED,
): Promise<ExitCode> {
  const leftOut: LeftOut[] = [];
  const found: Found[] = [];
  for (const vendor of ids.map((id) => vendorOf(id, source.vendors))) {
    for (const url of vendor.urls) found.push(...(await rootsAt(url, vendor, source.limits, leftOut)));
  }
  const wanted = choose(found, options.root, leftOut);
  const added: TrustRootDetail[] = [];
  const present: string[] = [];
  if (options.yes === true) {
    const call = operatorClient(io, options);
    for (const { vendor, url, certificate } of wanted) {
      const reason = options.reason ?? `published by ${vendor.name} at ${url}`;
      const outcome = await trustRoot(call, certificate, { class: vendor.class, reason });
      if (outcome === 'present') present.push(contentId(certificate.der));
      else if ('why' in outcome) leftOut.push(outcome);
      else added.push(outcome);
    }
  }
  const shown = wanted.map(({ vendor, url, certificate }) => ({
    id: contentId(certificate.der),
    class: vendor.class,
    vendor: vendor.id,
    subject: certificateLabel(certificate),
    url,
  }));
  const rows = shown.map((root) => [root.id, root.class, root.vendor, printable(root.subject, 200)]);
  const table = renderTable(io.outStyle, ['SHA-256 of the root', 'class', 'maker', 'subject'], rows).trimEnd();
  said(io, options, 'assay.trust-fetched/1', { found: shown, added, present, leftOut }, table);
  if (options.json !== true) {
    sayLeftOut(io, leftOut);
    io.err(
      options.yes === true
        ? `${added.length} trusted, ${present.length} were already\n`
        : 'nothing is trusted yet: compare the digests with those you have from elsewhere, then say --yes\n',
    );
  }
  if (leftOut.length > 0) return EXIT.no;
  return options.yes === true ? EXIT.yes : EXIT.notProved;
}

function vendorOf(id: string, vendors: readonly Vendor[]): Vendor {
  const vendor = vendors.find((one) => one.id === id);
  if (vendor !== undefined) return vendor;
  const known = vendors.map((one) => one.id).join(', ');
  throw new UsageError('trust.vendor', `there is no list of ${printable(id, 40)}`, `name one or more of: ${known}`);
}

/** What is found at an address; what cannot be had or is no root is left out with a word. */
async function rootsAt(url: string, vendor: Vendor, limits: GetLimits, leftOut: LeftOut[]): Promise<Found[]> {
  try {
    const { certificates, refused } = readTrustFile(await httpsGet(url, limits), url);
    for (const { code, message } of refused) leftOut.push({ what: url, why: `${code}: ${message}` });
    return certificates.flatMap((certificate) => {
      if (isSelfIssued(certificate)) return [{ vendor, url, certificate }];
      leftOut.push({ what: url, why: `${certificateLabel(certificate)}: another CA issued it` });
      return [];
    });
  } catch (cause) {
    if (!(cause instanceof UsageError || cause instanceof PolicyError || cause instanceof EvidenceError)) throw cause;
    leftOut.push({ what: url, why: cause.message.replace(`${url}: `, '') });
    return [];
  }
}

/** Those that were named by digest; all when none was. */
function choose(found: readonly Found[], ids: readonly string[] | undefined, leftOut: LeftOut[]): readonly Found[] {
  if (ids === undefined) return found;
  const idOf = ({ certificate }: Found): string => contentId(certificate.der);
  for (const id of ids) {
    if (!found.some((one) => idOf(one) === id)) leftOut.push({ what: id, why: 'nobody that was asked publishes it' });
  }
  return found.filter((one) => ids.includes(idOf(one)));
}
