/** What is different between two images. */
import { describe, expect, it } from 'vitest';
import { diffImages } from '../../src/images/diff.ts';
import type { ImageManifest } from '../../src/references/manifest.ts';
import { catalogue } from '../support/fixtures.ts';

const lab = (name: string): ImageManifest => catalogue.manifests.get(name)!;
const uki = lab('lab-uki');
const changed = (change: Partial<ImageManifest>): ImageManifest => ({ ...uki, ...change });
const said = (after: ImageManifest, before = uki) =>
  diffImages(before, after).map(({ component, what, before: was, after: is }) => [component, what, was, is]);

it('an image is no different from itself, whatever it is called', () => {
  expect(diffImages(uki, { ...uki, name: 'other', version: '2' })).toEqual([]);
});

it('another command line is that, and not the events it is measured by', () => {
  const found = diffImages(uki, lab('lab-uki-no-lockdown'));
  expect(found.filter(({ component }) => component === 'command-line')).toEqual([
    { component: 'command-line', what: 'parameter', before: 'lockdown=integrity', after: null },
    { component: 'command-line', what: 'parameter', before: 'module.sig_enforce=1', after: null },
  ]);
  expect(found.map(({ component }) => component)).not.toContain('kernel');
  // The image around it has another digest, and nothing else has.
  expect(found.filter(({ what }) => what.startsWith('PCR')).map(({ component }) => component)).toEqual(['uki', 'uki']);
});

it('each side is what the other lacks', () => {
  const there = diffImages(uki, lab('lab-shim-grub'));
  const back = diffImages(lab('lab-shim-grub'), uki);
  const turned = back.map(({ component, what, before, after }) => ({ component, what, before: after, after: before }));
  const order = (list: typeof there) => list.map((one) => JSON.stringify(one)).toSorted();
  expect(order(turned)).toEqual(order(there));
});

describe('a difference', () => {
  const [file] = uki.files.filter(({ component }) => component === 'kvm-module');

  it('of a file is of its component', () => {
    const files = uki.files.map((one) => (one === file ? { ...one, sha256: '0'.repeat(64) } : one));
    expect(said(changed({ files }))).toEqual([['kvm-module', file!.path, file!.sha256, '0'.repeat(64)]]);
    expect(said(changed({ files: uki.files.filter((one) => one !== file) }))).toEqual([
      ['kvm-module', file!.path, file!.sha256, null],
    ]);
  });

  it('of the order of parameters is one', () => {
    const commandLine = uki.commandLine.split(' ').toReversed().join(' ');
    expect(said(changed({ commandLine }))).toEqual([['command-line', 'order', uki.commandLine, commandLine]]);
  });

  it('of a parameter that stands twice is that one', () => {
    expect(
      said(
        changed({ commandLine: `${uki.commandLine} quiet quiet` }),
        changed({ commandLine: `${uki.commandLine} quiet` }),
      ),
    ).toEqual([['command-line', 'parameter', null, 'quiet']]);
  });

  it('of what admits, of shim and of the IMA policy is told', () => {
    const shim = lab('lab-shim-grub');
    const images = shim.images.map((image) => ({ ...image, authorities: image.authorities.slice(1) }));
    const other = {
      ...shim,
      images,
      shim: { vendorCertificates: [], sbatLevels: ['sbat,1,2030'] },
      measuresKexec: shim.measuresKexec !== true,
    };
    expect(new Set(said(other, shim).map(([component, what]) => `${component}: ${what}`))).toEqual(
      new Set([
        'signature: certificate that admits',
        'shim: vendor certificate',
        'shim: SBAT level',
        'ima-policy: measures kexec',
      ]),
    );
  });
});
