import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runGrub, type GrubRun } from '../../../src/images/grub/run.ts';
import { evidenceCode } from '../../support/evidence-error.ts';

const FILES = new Map(
  Object.entries({
    '/vmlinuz': 'kernel',
    '/initrd': 'initrd',
    '/EFI/debian/grub.cfg': 'set sourced=yes\n',
    '/empty': '',
  }).map(([path, content]) => [path, Buffer.from(content)]),
);
const VARIABLES = new Map([['prefix', '(hd0,gpt1)/EFI/debian']]);
const BOOT = '\nlinux /vmlinuz quiet\ninitrd /initrd\nboot\n';

function run(script: string): GrubRun {
  return runGrub(Buffer.from(script), 'test', { device: 'hd0,gpt1', files: FILES }, VARIABLES);
}

/** The commands measured before those of {@link BOOT}. */
function commands(script: string): string[] {
  const all = run(script + BOOT).measurements.flatMap((one) => (one.pcr === 8 ? [one.text] : []));
  return all.slice(0, -4);
}

describe('measurements', () => {
  test('stand in the order in which GRUB makes them', () => {
    const { measurements, kernelCommandLine } = run(`source $prefix/grub.cfg${BOOT}`);
    expect(measurements.map((one) => (one.pcr === 8 ? one.text : `file ${one.path}`))).toEqual([
      'source (hd0,gpt1)/EFI/debian/grub.cfg',
      'file (hd0,gpt1)/EFI/debian/grub.cfg',
      'set sourced=yes',
      'linux /vmlinuz quiet',
      'file /vmlinuz',
      '/vmlinuz quiet',
      'initrd /initrd',
      'file /initrd',
      'boot',
    ]);
    expect(kernelCommandLine).toBe('/vmlinuz quiet');
  });

  test('end with boot', () => {
    expect(run(`${BOOT}set never=1\n`).measurements.at(-1)).toMatchObject({ text: 'boot' });
  });

  test.each([
    ['quotes go, what is in them stays together', `set a="b  c" ; echo 'x $y' "$a"`, ['set a=b  c', 'echo x $y b  c']],
    ['a variable outside quotes is split', 'set a="b  c"\necho $a \x24{a}d', ['set a=b  c', 'echo b c b cd']],
    ['an empty variable outside quotes vanishes', 'echo $none x', ['echo x']],
    ['an empty variable in quotes stays', 'echo "$none" x', ['echo  x']],
    ['an assignment without set', 'timeout=5', ['timeout=5']],
    ['escapes', 'echo a\\ b "c\\"d" "\\e"', ['echo a b c"d \\e']],
    ['comments and continued lines', '# nothing\necho a \\\n b # rest\necho c#d', ['echo a b', 'echo c#d']],
    [
      'the first branch that holds',
      'if false; then echo 1; elif true; then echo 2; else echo 3; fi',
      ['false', 'true', 'echo 2'],
    ],
    ['the other branch', 'if false\nthen echo 1\nelse echo 2\nfi', ['false', 'echo 2']],
    ['a negated command', 'if ! false; then echo 1; fi', ['! false', 'echo 1']],
    ['the last command of a condition decides', 'if true; false; then echo 1; fi', ['true', 'false']],
    ['keywords only where a command starts', 'echo if then fi', ['echo if then fi']],
  ])('%s', (_, script, expected) => {
    expect(commands(script)).toEqual(expected);
  });

  test('a kernel argument with a space is quoted, a quote escaped', () => {
    const { kernelCommandLine } = run(`linux /vmlinuz 'a b' c\\"d\ninitrd /initrd\nboot`);
    expect(kernelCommandLine).toBe('/vmlinuz "a b" c\\"d');
  });
});

describe('tests', () => {
  test.each([
    ['-e /vmlinuz', true],
    ['-e /VMLINUZ', true],
    ['-e (hd0,gpt1)/EFI/debian', true],
    ['-d /EFI', true],
    ['-f /EFI', false],
    ['-f /initrd', true],
    ['-s /initrd', true],
    ['-s /empty', false],
    ['-e /EFI/deb', false],
    ['! -e /none', true],
    ['-z ""', true],
    ['-n ""', false],
    ['"$prefix" = "(hd0,gpt1)/EFI/debian"', true],
    ['a != a', false],
    ['-z a -o -e /vmlinuz', true],
    ['-z a -a -e /vmlinuz', false],
    ['a = a -o a = b -a a = b', true],
    ['text', true],
    ['', false],
  ])('[ %s ] is %s', (expression, expected) => {
    const branch = commands(`if [ ${expression} ]; then echo yes; else echo no; fi`).at(-1);
    expect(branch).toBe(expected ? 'echo yes' : 'echo no');
  });
});

describe('refused, because it cannot be predicted', () => {
  test.each([
    ['an unknown command', 'insmod part_gpt'],
    ['a menu', "menuentry 'x' {\necho\n}"],
    ['a function', 'function f {\ntrue\n}'],
    ['a loop', 'for a in b; do echo; done'],
    ['a wild card', 'echo /boot/*'],
    ['a background command', 'echo a & echo b'],
    ['another device', 'set root=hd1\nif [ -e /vmlinuz ]; then echo; fi'],
    ['an unknown test', 'if [ /a -nt /b ]; then echo; fi'],
    ['a test that does not end', 'if [ a; then echo; fi'],
    ['a parameter of a function', 'echo $1'],
    ['a translation', 'echo $"text"'],
    ['a hexadecimal escape in a kernel argument', `linux /vmlinuz 'a\\x20b'`],
    ['two initrds', 'initrd /initrd /empty'],
    ['`set` without a value', 'set'],
    ['a script that sources itself', 'source /loop'],
  ])('%s', (_, script) => {
    const files = new Map([...FILES, ['/loop', Buffer.from('source /loop\n')]]);
    const partition = { device: 'hd0,gpt1', files };
    expect(evidenceCode(() => runGrub(Buffer.from(script + BOOT), 'test', partition, VARIABLES))).toBe(
      'grub.unsupported',
    );
  });

  test('nesting deeper than any configuration', () => {
    const depth = 40;
    expect(evidenceCode(() => run(`${'if true; then '.repeat(depth)}${BOOT}${'fi\n'.repeat(depth)}`))).toBe(
      'grub.unsupported',
    );
  });

  test('a script larger than any configuration', () => {
    expect(evidenceCode(() => run('#'.repeat(2 ** 20 + 1)))).toBe('grub.unsupported');
  });
});

describe('refused, because it is wrong', () => {
  test.each([
    ['an open quote', `echo 'a`, 'grub.syntax'],
    ['an open double quote', 'echo "a', 'grub.syntax'],
    ['if without then', 'if true; fi', 'grub.syntax'],
    ['if without fi', 'if true; then echo', 'grub.syntax'],
    ['fi without if', 'fi', 'grub.syntax'],
    ['a file that is not there', 'source /none.cfg\nboot', 'grub.file'],
    ['no boot', 'linux /vmlinuz\ninitrd /initrd', 'grub.no-boot'],
    ['no kernel', 'initrd /initrd\nboot', 'grub.no-boot'],
    ['no initrd', 'linux /vmlinuz\nboot', 'grub.no-boot'],
  ])('%s', (_, script, code) => {
    expect(evidenceCode(() => run(script))).toBe(code);
  });

  test('any text is run or refused, never more', () => {
    const word = fc.constantFrom(
      'if',
      'then',
      'else',
      'elif',
      'fi',
      'echo',
      '[',
      ']',
      '-e',
      '!',
      '$prefix',
      '"',
      "'",
      '\\',
      ';',
      '\n',
      '#',
      '/a',
      'a=b',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(word).map((words) => words.join(' ')),
          fc.string(),
        ),
        (script) => {
          expect(evidenceCode(() => run(script + BOOT))).toMatch(/^grub\.|^no error$/);
        },
      ),
      { numRuns: 500 },
    );
  });
});
