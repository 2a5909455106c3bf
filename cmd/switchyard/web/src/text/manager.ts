// The words of the manager's pages; importing this file adds them.

import { addTexts } from '.';

await addTexts((l) => (l === 'ko' ? import('./manager.ko.json') : import('./manager.en.json')));
