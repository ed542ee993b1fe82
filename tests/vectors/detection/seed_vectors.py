# SPDX-License-Identifier: 0BSD
"""The prototype's rule, and with it the seed-*.tsv of this folder.

seed_vectors.py NAMES.txt > seed-registered.tsv   (or of a .tsv: its first column)
seed_vectors.py --unicode > seed-unicode.tsv      1,000 names from a fixed seed
"""

import random
import sys

KEYS = {
    "stable-diffusion": "diffusion", "sd": "diffusion", "midjourney": "diffusion",
    "dalle": "diffusion", "gpt": "chat", "llama": "chat", "claude": "chat", "mistral": "chat",
    "chat": "chat", "vit": "image_classification", "resnet": "image_classification",
    "yolo": "image_classification", "image-class": "image_classification",
    "whisper": "audio_processing", "audio": "audio_processing", "wav2vec": "audio_processing",
    "embed": "embedding", "embedding": "embedding", "sentence-transformer": "embedding",
    "video": "video_generation", "sora": "video_generation", "gen-video": "video_generation",
    "tts": "text_to_speech", "eleven": "text_to_speech", "speech": "text_to_speech",
}


def detect(name):
    if name in KEYS:
        return KEYS[name]
    for key, kind in KEYS.items():
        if key in name.lower():
            return kind
    return "unknown"


def unicode_names():
    draw = random.Random(20261125)
    likely = "\u0130\u212a\u017f\u03a3\u03c3\u03c2\u0131\u1e9e\u00dfKkIi\u0307\u0345'."
    while True:
        name = ""
        for _ in range(draw.randint(1, 6)):
            kind = draw.random()
            if kind < 0.45:
                part = draw.choice(list(KEYS))
                if draw.random() < 0.5:
                    part = part.upper()
                if draw.random() < 0.4:
                    part = part.replace("K", "\u212a").replace("I", "\u0130").replace("k", "\u212a")
                name += part
            elif kind < 0.7:
                name += draw.choice(likely)
            else:
                code = draw.choice((draw.randint(0xa1, 0x24ff), draw.randint(0x2c00, 0xd7ff),
                                    draw.randint(0x10400, 0x1f9ff)))
                name += chr(code)
        if len(name.encode()) <= 128:
            yield name


if sys.argv[1] == "--unicode":
    source = unicode_names()
    names = [next(source) for _ in range(1000)]
else:
    names = [line.rstrip("\n").split("\t")[0] for line in open(sys.argv[1], encoding="utf-8")]
for each in names:
    print(f"{each}\t{detect(each)}")
