"""What the black-box tests need: Lola as a process, the services around it as stubs, signers and raw clients.

Nothing here shares code with the product: signatures, tokens and frames are made with Python's own libraries.
"""
