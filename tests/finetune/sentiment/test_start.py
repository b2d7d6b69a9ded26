"""Training over the bilingual body starts at what the shipped model says."""

import torch

from assistant.understanding.intent_network import Classifier
from finetune.sentiment.start import start_at_shipped
from finetune.text.body import load_body
from retrieval.reviews.sentiment import TWO, read_shipped


def test_a_network_starts_at_the_shipped_one() -> None:
    body, tokenizer = load_body("bilingual", 32)
    texts = ["这件衣服质量太差了", "质量很好,非常喜欢", "terrible, it fell apart", "i love it"]
    encodings = [tokenizer.encode(text) for text in texts]
    two = Classifier(body, 2).eval()
    start_at_shipped(two, TWO)
    stars = Classifier(body, 5).eval()
    adapter, _, _ = read_shipped()
    stars.load_state_dict(adapter.build().state_dict())
    with torch.inference_mode():
        for encoding, good in zip(encodings, (False, True, False, True), strict=True):
            ids = torch.tensor([encoding.ids])
            mask = torch.ones_like(ids)
            said = stars(ids, mask)[0]
            wanted = torch.stack([said[:2].mean(), said[3:].mean()])
            assert torch.allclose(two(ids, mask)[0], wanted, atol=1e-4)
            assert (wanted[1] > wanted[0]) == good
