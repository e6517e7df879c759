"""What is claimed: one file a subject, through the public API only.

A source "Notes A" or "Notes B" is one of two sets of handwritten solutions of exercises,
transcribed, with the number of the exercise: A on recurrent networks (1 to 3), variational
autoencoders and PCA (4) and adversarial networks (5); B on the losses of adversarial
networks (2), divergences (3), conditional networks (4) and the Wasserstein distance (5).
They hold slips of their authors and of the transcription. Each slip is a claim with
`holds=False` beside its corrected form.
"""
