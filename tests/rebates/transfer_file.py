"""The file of a payment run, as the bank takes it."""

EXPECTED = """\
<?xml version='1.0' encoding='UTF-8'?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>{slug}-000001</MsgId>
      <CreDtTm>2026-02-10T14:00:00Z</CreDtTm>
      <NbOfTxs>2</NbOfTxs>
      <CtrlSum>100.00</CtrlSum>
      <InitgPty>
        <Nm>Mueller + Soehne</Nm>
      </InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>{slug}-000001-1</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <BtchBookg>true</BtchBookg>
      <NbOfTxs>2</NbOfTxs>
      <CtrlSum>100.00</CtrlSum>
      <PmtTpInf>
        <SvcLvl>
          <Cd>SEPA</Cd>
        </SvcLvl>
      </PmtTpInf>
      <ReqdExctnDt>
        <Dt>2026-02-11</Dt>
      </ReqdExctnDt>
      <Dbtr>
        <Nm>Mueller + Soehne</Nm>
      </Dbtr>
      <DbtrAcct>
        <Id>
          <IBAN>DE89370400440532013000</IBAN>
        </Id>
      </DbtrAcct>
      <DbtrAgt>
        <FinInstnId>
          <BICFI>COBADEFFXXX</BICFI>
        </FinInstnId>
      </DbtrAgt>
      <ChrgBr>SLEV</ChrgBr>
      <CdtTrfTxInf>
        <PmtId>
          <EndToEndId>{first}</EndToEndId>
        </PmtId>
        <Amt>
          <InstdAmt Ccy="EUR">70.00</InstdAmt>
        </Amt>
        <Cdtr>
          <Nm>Dealer 1 Celik/GmbH</Nm>
        </Cdtr>
        <CdtrAcct>
          <Id>
            <IBAN>FR1420041010050500013M02606</IBAN>
          </Id>
        </CdtrAcct>
        <RmtInf>
          <Ustrd>a-1, 1 / D-1</Ustrd>
        </RmtInf>
      </CdtTrfTxInf>
      <CdtTrfTxInf>
        <PmtId>
          <EndToEndId>{second}</EndToEndId>
        </PmtId>
        <Amt>
          <InstdAmt Ccy="EUR">30.00</InstdAmt>
        </Amt>
        <Cdtr>
          <Nm>Dealer 2 Celik/GmbH</Nm>
        </Cdtr>
        <CdtrAcct>
          <Id>
            <IBAN>NL91ABNA0417164300</IBAN>
          </Id>
        </CdtrAcct>
        <RmtInf>
          <Ustrd>a-2, 1 / D-2</Ustrd>
        </RmtInf>
      </CdtTrfTxInf>
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>
"""
