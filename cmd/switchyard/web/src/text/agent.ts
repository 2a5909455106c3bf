// The words that only the agent console has; importing this file adds them.

import { addTexts } from '.';

await addTexts((l) => (l === 'ko' ? import('./agent.ko.json') : import('./agent.en.json')));
