/** The story: mail bounces, the night runs, Exchange Online catches up, mail is delivered. */
import { BLOG_TEST } from '../tenant/blogTest.ts';
import { entraAlone, nextNight, tellOfExchangesWord, tellOfTheMoved } from './asides.ts';
import { type ShownNight, showNight } from './night.ts';
import type { Options } from './options.ts';
import { number, type Screen } from './screen.ts';
import { setStage } from './stage.ts';
import { showSummary } from './summary.ts';
import { expect, type Tale } from './tale.ts';

const SOURCES = {
  entra: 'what Entra ID says',
  export: 'an export from on-premises',
  ad: 'Active Directory',
} as const;

/** Tells the story to its end. Returns what did not go as it should have. */
export async function tellStory(options: Options, screen: Screen): Promise<readonly string[]> {
  screen.section('mailuser-purge', 'one night, in an embedded tenant');
  screen.say(
    'A company is simulated on this machine: its directory, Entra ID, Exchange Online, mail, and servers that speak Microsoft Graph. The job is the function as it is deployed to Azure, told of the tenant by its app settings only.',
  );
  screen.wait('Six weeks pass in that company …');
  const stage = await setStage(options);
  try {
    const tale: Tale = { options, screen, stage, surprises: [] };
    const { live, deleted } = await stage.ask('sizes');
    screen.fact(
      'note',
      'company',
      `${number(live)} users, and ${number(deleted)} deleted ones in the recycle bin`,
    );
    screen.fact(
      'note',
      'job',
      `${options.mode} mode; on-premises: ${SOURCES[options.source]}; Exchange Online: ${options.exchange === 'off' ? 'not asked' : 'asked'}`,
    );
    await before(tale);
    await entraAlone(tale);
    const night = await theNight(tale);
    await after(tale, night);
    await showSummary(tale, night);
    tellSurprises(tale);
    return tale.surprises;
  } finally {
    await stage.close();
  }
}

async function before(tale: Tale): Promise<void> {
  const { screen, stage } = tale;
  screen.section('Before');
  screen.say(
    `Blog Test was a mail user on-premises, with the external address ${BLOG_TEST.externalAddress}, and was removed there 16 days ago. Entra ID and Exchange Online keep what is left of him for 30 days. The address is a perfectly good one; somebody in the company writes to it:`,
  );
  expect(tale, !(await sendMail(tale)), 'mail should have bounced before the night');
  screen.fact(
    'note',
    'in all',
    `mail to ${number(await stage.ask('bouncing'))} external addresses bounces like this`,
  );
}

/** Writes to the address; was it delivered? */
async function sendMail({ screen, stage }: Tale): Promise<boolean> {
  const result = await stage.ask('sendMail', BLOG_TEST.externalAddress);
  if (result.delivered) screen.fact('good', BLOG_TEST.externalAddress, 'delivered');
  else screen.fact('bad', BLOG_TEST.externalAddress, result.ndr);
  return result.delivered;
}

async function theNight(tale: Tale): Promise<ShownNight> {
  const { options, screen, stage } = tale;
  screen.section('The night', `${options.mode} mode`);
  await stage.ask('observe');
  const night = await showNight(screen, stage.prepare(options, 'ledger').settings);
  expect(tale, night.end.code === 0, `the job ended with ${night.end.code}: ${lastLine(night.end.stderr)}`);
  expect(tale, night.ended?.status === 'completed', 'the night should have been completed');
  tellOfTheMoved(tale, night);
  if (options.exchange === 'required') tellOfExchangesWord(tale, night);
  return night;
}

async function after(tale: Tale, night: ShownNight): Promise<void> {
  const { options, screen, stage } = tale;
  screen.section('After');
  screen.say(
    "Exchange Online's provisioning follows Entra ID; in life that takes hours, here the tenant's clock is moved on.",
  );
  await stage.ask('letExchangeCatchUp');
  const delivered = await sendMail(tale);
  if (options.mode === 'report') {
    screen.fact('note', 'report mode', 'nobody was purged, so nothing has changed');
    expect(tale, !delivered, 'mail should still bounce after a report');
    return;
  }
  expect(tale, delivered, 'mail should have been delivered after the night');
  screen.fact(
    'note',
    'in all',
    `mail to ${number(await stage.ask('bouncing'))} external addresses still bounces: theirs who were kept`,
  );
  if (options.source !== 'entra') {
    const restored = await stage.ask('moveBack');
    expect(tale, restored, 'the user who was moved should have been restored');
    screen.fact(
      'good',
      'moved back',
      'into sync scope: restored from the recycle bin, with the same object id',
    );
  }
  if (options.exchange === 'required') await nextNight(tale, night);
}

const MOST_SURPRISES = 8;

function tellSurprises({ screen, surprises }: Tale): void {
  for (const surprise of surprises.slice(0, MOST_SURPRISES)) screen.fact('bad', 'NOT AS EXPECTED', surprise);
  const more = surprises.length - MOST_SURPRISES;
  if (more > 0) screen.fact('bad', '', `and ${number(more)} more`);
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
