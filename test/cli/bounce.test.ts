/** Bounces as people have them. The forms follow public reports; every name is made up. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { legacyExchangeDNIn, readBounce } from '../../lib/cli/bounce.ts';

const FIXTURE = readFileSync('test/cli/fixtures/bounce-imceaex.SYNTHETIC.eml', 'utf8');
const DN =
  '/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=00112233445566778899aabbccddeeff-Kim Vale';
const IMCEAEX =
  'IMCEAEX-_o=ExchangeLabs_ou=Exchange+20Administrative+20Group+20+28FYDIBOHF23SPDLT+29_cn=Recipients_cn=00112233445566778899aabbccddeeff-Kim+20Vale@example.prod.outlook.example';
const KIM = 'kim.vale@partner.example';
const WHOLE = {
  addresses: [KIM],
  legacyExchangeDNs: [DN],
  diagnostic: '550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found',
};
const read = (text: string) => readBounce(Buffer.from(text));
const BODY = FIXTURE.slice(FIXTURE.indexOf('\n\n') + 2);
const ORIGINAL = BODY.slice(BODY.indexOf('Received:'));

describe('a bounce whose recipient is an IMCEAEX address', () => {
  test('as the whole message', async () => expect(await read(FIXTURE)).toEqual(WHOLE));
  test('with the line ends of Windows', async () =>
    expect(await read(FIXTURE.replaceAll('\n', '\r\n'))).toEqual(WHOLE));
  test('as text that was copied out of it', async () => expect(await read(BODY)).toEqual(WHOLE));
  test('quoted in another mail', async () =>
    expect(await read(`Can you help?\n\n${BODY.replaceAll(/^/gm, '> ')}`)).toEqual(WHOLE));
  test('saved by an editor as UTF-16', async () =>
    expect(await readBounce(Buffer.from(`\uFEFF${BODY}`, 'utf16le'))).toEqual(WHOLE));
  test('in German, saved in Windows-1252', async () => {
    const german = BODY.replace('The address could not be found.', 'Ihre Nachricht wurde nicht übermittelt.')
      .replace('Diagnostic information for administrators:', 'Diagnoseinformationen für Administratoren:')
      .replace('Original message headers:', 'Ursprüngliche Nachrichtenkopfzeilen:')
      .replace("Remote Server returned '", "Der Remoteserver gab Folgendes zurück: '");
    expect(await readBounce(Buffer.from(german, 'latin1'))).toEqual(WHOLE);
  });
  test('as HTML', async () => {
    const html = `<html><body>${BODY.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n ', ' ').replaceAll('\n', '<br>\n')}</body></html>`;
    const head =
      'From: a@b.example\nTo: dana.roe@contoso.example\nSubject: Undeliverable\nMIME-Version: 1.0\n';
    expect(await read(`${head}Content-Type: text/html; charset=utf-8\n\n${html}`)).toEqual(WHOLE);
  });
});

test('a delivery status notification names its recipient, and not whom the bounce was sent to', async () => {
  const report = [
    'From: postmaster@contoso.example',
    'To: dana.roe@contoso.example',
    'Subject: =?utf-8?B?VW56dXN0ZWxsYmFy?=',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="x"',
    '',
    '--x',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Unzustellbar.',
    '--x',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns;AB1PR00MB0000.example.prod.outlook.example',
    '',
    `Final-Recipient: rfc822;${KIM}`,
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp;550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found',
    '',
    '--x',
    'Content-Type: message/rfc822',
    '',
    'From: Dana Roe <dana.roe@contoso.example>',
    `To: Kim Vale <${KIM}>, Lee <lee@partner.example>`,
    'Subject: Offer',
    '',
    'Hello',
    '--x--',
    '',
  ].join('\r\n');
  expect(await read(report)).toEqual({
    addresses: [KIM],
    legacyExchangeDNs: [],
    diagnostic: '550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found',
  });
});

test('the headers of the original alone name every recipient', async () => {
  const folded = ORIGINAL.replace(
    `To: Kim Vale <${KIM}>`,
    `To: =?utf-8?Q?Kim_V=C3=A4le?= <${KIM}>,\n Lee <lee@partner.example>`,
  );
  expect((await read(folded)).addresses).toEqual([KIM, 'lee@partner.example']);
});

test('the address alone on the line before the status is the one that failed', async () => {
  const text = `Generating server: A\n\n${KIM}\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n\n${ORIGINAL.replace(KIM, 'other@partner.example')}`;
  expect((await read(text)).addresses).toEqual([KIM]);
});

test.each(['', 'Hello', '\0\u001b[2J', 'To:', 'IMCEAEX-@', `${'a'.repeat(100_000)}@`, '<'.repeat(50_000)])(
  'what is no bounce names nobody (%#)',
  async (text) => expect(await read(text)).toMatchObject({ addresses: [], legacyExchangeDNs: [] }),
);

describe('the IMCEAEX form', () => {
  test('becomes the legacyExchangeDN that it wraps', () => expect(legacyExchangeDNIn(IMCEAEX)).toBe(DN));
  test.each([
    ['IMCEAEX-_o=E_ou=G_cn=A+5Fb+2B+25@x.example', '/o=E/ou=G/cn=A_b+%'],
    ['imceaex-_O=E_cn=J+C3+B6rg@x.example', '/O=E/cn=Jörg'],
    ['IMCEAEX-_O=E_cn=J+F6rg@x.example', '/O=E/cn=Jörg'],
  ])('%s', (address, dn) => expect(legacyExchangeDNIn(address)).toBe(dn));
  test.each(['kim@partner.example', 'IMCEASMTP-a+40b@x', 'IMCEAEX-cn=x@y', 'IMCEAEX-_o=E'])(
    'is nothing else: %s',
    (address) => expect(legacyExchangeDNIn(address)).toBeUndefined(),
  );
});
