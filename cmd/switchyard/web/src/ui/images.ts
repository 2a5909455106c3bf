// Images before they go up (domain 3.6, R-048; console.md 5.4): jpg and png, at most 2 MB and 4096 pixels a side. What is
// larger is drawn anew, which also takes the place where a photo was made out of it.

export const IMAGE_TYPES = ['image/jpeg', 'image/png'];
const BYTES_MOST = 2 << 20;
const SIDE_MOST = 4096;
const PIXELS_MOST = 40_000_000;

/** The image as it may be uploaded, or the code of why not. */
export async function prepare(file: Blob): Promise<Blob | 'unsupported_type' | 'too_large'> {
  if (!IMAGE_TYPES.includes(file.type)) return 'unsupported_type';
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return 'unsupported_type';
  }
  try {
    const { width, height } = picture;
    if (width * height > PIXELS_MOST) return 'too_large';
    if (file.size <= BYTES_MOST && Math.max(width, height) <= SIDE_MOST) return file;
    for (const side of [SIDE_MOST, 2560, 1600, 1024]) {
      const scale = Math.min(1, side / Math.max(width, height));
      const canvas = document.createElement('canvas');
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const pen = canvas.getContext('2d')!;
      pen.fillStyle = '#fff'; // jpeg has no transparency
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.86));
      if (small && small.size <= BYTES_MOST) return small;
    }
    return 'too_large';
  } finally {
    picture.close();
  }
}

/** The first image among what was pasted or dropped. */
export function imageOf(data: DataTransfer | null): File | undefined {
  return [...(data?.files ?? [])].find((f) => f.type.startsWith('image/'));
}

export interface Uploaded {
  file: string;
}

/** Where an image can be shown: an address of this page; kept, so that a redraw asks nobody. */
export function pictures(load: (file: string) => Promise<Blob>) {
  const known = new Map<string, Promise<string>>();
  return {
    /** The local copy of what was uploaded here. */
    keep(file: string, content: Blob): void {
      known.set(file, Promise.resolve(URL.createObjectURL(content)));
    },
    url(file: string): Promise<string> {
      let u = known.get(file);
      if (!u) {
        u = load(file).then((b) => URL.createObjectURL(b));
        u.catch(() => known.delete(file)); // the next look asks again
        known.set(file, u);
      }
      return u;
    },
  };
}
