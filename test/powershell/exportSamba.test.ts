/** Script, upload and reading in one: a real Active Directory (Samba) to Azure Storage (Azurite). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { ContainerClient, ContainerSASPermissions, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Azurite, startAzurite } from '../edges/azurite.ts';
import { type Relay, startRelay } from '../onprem/relay.ts';
import { describeWithSamba, type SambaDirectory, startSamba } from '../onprem/samba.ts';
import { deleteObject, objectGuidOf } from '../onprem/sambaChanges.ts';
import { DOMAIN_SID, guidOf, ouLdif, PASSWORD, READER, userLdif } from '../onprem/sambaSeed.ts';
import { createCertificates } from '../tenant/tls.ts';
import { describeWithPowerShell } from './describe.ts';
import { createExportKit, type ExportKit } from './exportRun.ts';
import { type WholeExport, wholeExport } from './wholeExport.ts';

jest.setTimeout(180_000);
const DOMAIN = 'corp.contoso.test';
/** Azurite's account and key, as its documentation prints them. */
const ACCOUNT = new StorageSharedKeyCredential(
  'devstoreaccount1',
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
);

describeWithPowerShell(
  'The export of a real Active Directory',
  () => {
    let samba: SambaDirectory;
    let relay: Relay;
    let azurite: Azurite;
    let kit: ExportKit;
    let container: ContainerClient;
    const dnOf = (user: number) => `CN=user${user},OU=${user < 5 ? 'Sales' : 'Board'},${samba.base}`;

    beforeAll(async () => {
      const users = Array.from({ length: 8 }, (_, user) =>
        userLdif(DOMAIN, {
          name: `user${user}`,
          ou: user < 5 ? 'OU=Sales' : 'OU=Board',
          ...(user > 0 && { consistencyGuid: guidOf(`user ${user}`) }),
        }),
      );
      samba = await startSamba(
        DOMAIN,
        ouLdif(DOMAIN, 'OU=Sales') + ouLdif(DOMAIN, 'OU=Board') + users.join(''),
      );
      relay = await startRelay(samba.address, 636);
      const certificates = await createCertificates();
      tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificates.ca]);
      azurite = await startAzurite(certificates);
      kit = createExportKit(
        { [DOMAIN]: `127.0.0.1:${relay.port}` },
        { TEST_LDAPS: 'true', TEST_READER: `${READER}@${DOMAIN}`, TEST_PASSWORD: PASSWORD },
      );
      const authorities = join(kit.folder, 'ca.pem');
      writeFileSync(authorities, `${samba.ca}\n${certificates.ca}`);
      container = new ContainerClient(await azurite.createContainer('exports'), ACCOUNT);
    });
    afterAll(async () => {
      kit?.remove();
      await azurite?.close();
      await relay?.close();
      await samba?.remove();
    });

    /** Runs the script with a SAS of these rights, and reads what is then in the container. */
    async function exported(
      rights = 'racwdl',
    ): Promise<WholeExport & { readonly code: number | null; readonly stderr: string }> {
      const sas = new URL(
        await container.generateSasUrl({
          permissions: ContainerSASPermissions.parse(rights),
          expiresOn: new Date(Date.now() + 3_600_000),
        }),
      ).search;
      const file = join(kit.folder, 'sas.txt');
      writeFileSync(file, `machine:${Buffer.from(sas).toString('base64')}`);
      const authorities = join(kit.folder, 'ca.pem');
      const result = await kit.run(
        ['-Domain', DOMAIN, '-ContainerUrl', container.url, '-SasPath', 'sas.txt', '-KeepFiles', '1'],
        {
          env: { LDAPTLS_CACERT: authorities, SSL_CERT_FILE: authorities },
        },
      );
      expect(result.stderr + kit.log() + kit.events()).not.toMatch(/sig=/);
      const files = new Map<string, Buffer>();
      for await (const { name } of container.listBlobsFlat()) {
        files.set(name.slice(DOMAIN.length + 1), await container.getBlobClient(name).downloadToBuffer());
      }
      const whole = wholeExport((name) => files.get(name) ?? Buffer.alloc(0));
      return { ...whole, code: result.code, stderr: result.stderr };
    }
    const namesOf = (whole: WholeExport, kind: 'user' | 'tombstone') =>
      whole
        .of(kind)
        .flatMap(({ distinguishedName = '' }) => /CN=(user\d)/.exec(distinguishedName)?.[1] ?? [])
        .toSorted();

    test('shows everybody; an ordinary account sees no tombstone and says so', async () => {
      await deleteObject(samba, dnOf(4));
      const whole = await exported();
      expect({ code: whole.code, stderr: whole.stderr }).toEqual({ code: 0, stderr: '' });
      expect(namesOf(whole, 'user')).toEqual([0, 1, 2, 3, 5, 6, 7].map((user) => `user${user}`));
      expect(whole.manifest).toMatchObject({
        tombstonesReadable: false,
        tombstones: 0,
        ...{ sourceAnchor: 'auto', usersWithAnchor: 6 },
      });
      expect(whole.manifest['domainController']).toBe(`dc1.${DOMAIN}`);
      const [user0, user1] = ['user0', 'user1'].map((name) =>
        whole.of('user').find((row) => row['userPrincipalName'] === `${name}@${DOMAIN}`),
      );
      const guid = (await objectGuidOf(samba, dnOf(0))).toString('base64');
      expect(user0).toMatchObject({ immutableId: '', objectGuid: guid, recipientTypeDetails: '128' });
      expect(user1).toMatchObject({
        immutableId: guidOf('user 1').toString('base64'),
        objectSid: expect.stringMatching(`^${DOMAIN_SID}-\\d+$`),
        targetAddress: 'SMTP:user1@partner.example',
        proxyAddresses: 'SMTP:user1@partner.example',
      });
      expect(whole.of('container')).toContainEqual(
        expect.objectContaining({ distinguishedName: `OU=Board,${samba.base}`, objects: '3' }),
      );
    });

    test('shows the tombstone without its anchor where the recycle bin is off', async () => {
      await samba.allow(`CN=Deleted Objects,${samba.base}`, '(A;CI;LCRPRC;;;AU)');
      await deleteObject(samba, dnOf(3));
      const whole = await exported();
      expect(whole.manifest['tombstonesReadable']).toBe(true);
      expect(namesOf(whole, 'tombstone')).toContain('user3');
      const tombstone = whole.of('tombstone').find((row) => row['distinguishedName']?.startsWith('CN=user3'));
      expect(tombstone).toMatchObject({
        immutableId: '',
        mail: '',
        objectSid: expect.stringMatching(`^${DOMAIN_SID}-\\d+$`),
        lastKnownParent: `OU=Sales,${samba.base}`,
        deletedAt: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
      });
    });

    test('shows the tombstone with its anchor where the recycle bin is on', async () => {
      await samba.enableRecycleBin();
      await deleteObject(samba, dnOf(2));
      const whole = await exported();
      const tombstone = whole.of('tombstone').find((row) => row['distinguishedName']?.startsWith('CN=user2'));
      expect(tombstone).toMatchObject({
        immutableId: guidOf('user 2').toString('base64'),
        mail: 'user2@partner.example',
      });
      expect(namesOf(whole, 'user')).toEqual([0, 1, 5, 6, 7].map((user) => `user${user}`));
    });

    test('neither shows the users of a hidden OU nor says that it looked there', async () => {
      await samba.allow(`OU=Board,${samba.base}`, '(D;CI;LCRP;;;AU)');
      const whole = await exported();
      expect(whole.code).toBe(0);
      expect(namesOf(whole, 'user')).toEqual(['user0', 'user1']);
      expect(whole.of('container').map((row) => row['distinguishedName'])).toEqual(
        expect.not.arrayContaining([`OU=Board,${samba.base}`]),
      );
    });

    test('is in place and ends with 2 where the SAS may neither list nor delete', async () => {
      const whole = await exported('cw');
      expect(whole.code).toBe(2);
      expect(whole.stderr).toMatch(/is in place.*Old files were not removed: GET .*HTTP 403/);
      expect(whole.stderr).toContain('-KeepFiles 0');
      expect(kit.events()).toContain('2 Warning');
    });

    test('fails and leaves the old one where the connection to the domain controller is cut', async () => {
      const passed = relay.passed();
      const before = await exported();
      // In the midst of the last answer but a few.
      relay.fault(relay.passed() - passed - 600, 'cut');
      const after = await exported();
      relay.fault(Number.POSITIVE_INFINITY, 'cut');
      expect(after.code).toBe(1);
      expect(after.manifest.file).toBe(before.manifest.file);
    });
  },
  describeWithSamba,
);
