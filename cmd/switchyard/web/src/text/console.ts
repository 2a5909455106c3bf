// The words of more than one page, but for the widget's frame; importing this file adds them.

import { addTexts } from '.';

await addTexts((l) => (l === 'ko' ? import('./console.ko.json') : import('./console.en.json')));
