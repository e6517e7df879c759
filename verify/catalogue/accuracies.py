"""What several files say of accuracy."""

import verify as vf


def in_16_bits(function, *arguments, gradient=False):
    """Within an ulp in bfloat16 and float16; of one variable every float is tried."""
    return vf.all_of(
        *(
            vf.accurate(function, *arguments, ulps=1, dtype=dtype, gradient=gradient)
            for dtype in ("bfloat16", "float16")
        )
    )
